"""The first look at rights: who is an administrator or may export, through what, and whether integrations may do their
work and no more.

Rights are spread over many scopes: users, permission sets, assignments, rights on objects and on fields. What is needed
of each is gathered as it passes, so that no two bodies are in memory at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from monitor.core.graph import Flow
from monitor.core.model import Body
from probes.kit.contract import Kind
from probes.kit.listing import Vendor

from .shapes import Look
from .words import named

STRONG = ("admin", "modify_all", "view_all", "manage_users", "customize", "author_code", "export")
GRAVE = frozenset({"admin", "modify_all", "manage_users", "author_code"})
_HOLDS = ("role", "parent_role")  # facts that name one thing whose powers are held too
_HOLD = ("roles", "policies", "permission_sets")  # and several


class Rights:
    """The rights of one integration. `denied`: ids of reads that were; `name`: pseudonym to name."""

    def __init__(
        self,
        integration: str,
        live: Any,
        vendor: Vendor | None,
        flows: Sequence[Flow],
        denied: Iterable[str],
        name: Callable[[str], str],
    ) -> None:
        self._integration, self._live, self._vendor, self._name = integration, live, vendor, name
        self._denied = tuple(dict.fromkeys(denied))
        self._flows = [flow for flow in flows if flow.writer and flow.target.integration == integration]
        self._targets = frozenset(flow.target.scope for flow in self._flows)
        self._people: dict[str, bool] = {}  # whether active
        self._powers: dict[str, tuple[str, ...]] = {}
        self._held: dict[str, dict[str, None]] = {}
        self._objects: dict[str, dict[str, Mapping[str, Any]]] = {}
        self._fields: dict[tuple[str, str], set[str]] = {}  # (object, holder) -> fields it may edit
        self._guarded: dict[str, set[str]] = {}  # object -> fields whose editing takes a right

    def take(self, body: Body) -> None:
        if body.ref.kind is Kind.FIELD and body.ref.name in self._targets:
            self._guarded[body.ref.name] = {
                key for key, row in body.rows.items() if row.facts.get("permissionable") is True
            }
        if body.ref.kind is not Kind.PERMISSION:
            return
        if body.parent is not None:
            self._on_object(body, body.parent.key)
            return
        for key, row in body.rows.items():
            facts = row.facts
            self._powers[key] = _powers(facts)
            if body.ref.name == "users":
                self._people[key] = facts.get("active") is not False
            held = self._held.setdefault(key, {})
            if facts.get("profile"):
                held[f"profile:{facts['profile']}"] = None
            held.update((str(facts[name]), None) for name in _HOLDS if facts.get(name))
            held.update((str(each), None) for name in _HOLD for each in facts.get(name) or ())
            holder, slash, what = key.partition("/")
            if slash and "/" not in what:
                self._held.setdefault(holder, {})[what] = None

    def _on_object(self, body: Body, name: str) -> None:
        if name not in self._targets:
            return
        for key, row in body.rows.items():
            holder, slash, field = key.partition("/")
            if "create" in body.facts and not slash:
                self._objects.setdefault(name, {})[holder] = row.facts
            elif slash:
                may = self._fields.setdefault((name, holder), set())
                if row.facts.get("edit") is True:
                    may.add(field)

    def lines(self) -> Iterator[Look]:
        yield from self._credential()
        for person, active in sorted(self._people.items()):
            if active:
                yield from self._person(person)
        if not self._people:
            for holder in sorted(self._powers):
                yield from self._person(holder)
        for flow in self._flows:
            yield from self._writer(flow)

    def _reach(self, start: Iterable[str]) -> dict[str, None]:
        """What somebody holds, through whatever holds it."""
        found: dict[str, None] = {}
        waiting = list(start)
        while waiting:
            one = waiting.pop()
            if one not in found:
                found[one] = None
                waiting += self._held.get(one, ())
        return found

    def _person(self, key: str) -> Iterator[Look]:
        held = self._reach([key])
        powers = [power for power in STRONG if any(power in self._powers.get(one, ()) for one in held)]
        if not powers:
            return
        shown = named(key, self._name)
        via = [one for one in held if one != key and set(self._powers.get(one, ())) & set(powers)]
        through = f" through {', '.join(named(one, self._name) for one in via[:2])}" if via else ""
        said = f"{_holding(powers)}{through}"
        where = f"users/{shown}" if key in self._people else shown
        own = self._live.vantage.subject if self._live.vantage else ""
        if own and own in (key, shown):
            if self._excess(powers):
                words = f"The credential's own user {shown} {said}"
                yield self._look("Integration user", "warning", where, words, "Give it no more than reading takes.")
            return
        if shown not in self._live.config.allowed_admins:
            level = "warning" if GRAVE & set(powers) else "info"
            action = "Confirm that it should, and name it in allowed_admins."
            yield self._look("Administrators and exporters", level, where, f"{shown} {said}", action)

    def _excess(self, powers: Sequence[str]) -> bool:
        """Where the vendor file asks for an administrator, being one is not too much."""
        return not (self._vendor is not None and "admin_access" in self._vendor.grants and powers == ["admin"])

    def _credential(self) -> Iterator[Look]:
        """The grants of our own credential: more than reading takes, or less than what is watched needs."""
        vantage = self._live.vantage
        if vantage is None or not vantage.coverage.complete:
            return
        writes = sorted(grant for grant in vantage.grants if grant.endswith((".write", ":write")))
        if writes:
            more = f" and {len(writes) - 4} more" if len(writes) > 4 else ""
            words = f"The credential may write: {', '.join(writes[:4])}{more}"
            yield self._look("Integration user", "warning", "credential", words, "Reading takes none of these.")
        if self._vendor is None:
            return
        lacking: dict[str, None] = {}
        for read in self._denied:
            name, _, parent = read.partition("/")
            listing = next((one for one in self._vendor.listings if one.name == name), None)
            needs = {need for view in listing.views for need in view.needs} if listing is not None else set()
            lacking.update((need.replace("{parent.key}", parent), None) for need in sorted(needs) if need != "*")
        for grant in lacking:
            if grant not in vantage.grants and "{" not in grant and not grant.endswith(".*"):
                how = self._vendor.grants.get(grant, "Give the credential this grant.")
                yield self._look("Integration user", "warning", "credential", f"The credential lacks {grant}", how)

    def _writer(self, flow: Flow) -> Iterator[Look]:
        """What a flow writes against what its writer may: known only where the rights on that object were read."""
        name, writer = flow.target.scope, flow.writer
        person = next((key for key in self._people if named(key, self._name) == writer), writer)
        held = self._reach([person])
        shown = named(person, self._name)
        powers = [power for power in STRONG if any(power in self._powers.get(one, ()) for one in held)]
        if powers and person not in self._people:
            words = f"{shown}, by which {flow.id} writes, {_holding(powers)}"
            yield self._look("Integration user", "warning", shown, words, "Give it no more than the flow takes.")
        rights = [facts for holder, facts in self._objects.get(name, {}).items() if holder in held]
        if name in self._objects and "modify_all" not in powers:
            for right in ("create", "edit"):
                if not any(facts.get(right) is True for facts in rights):
                    words = f"{shown} may not {right} {name}, which {flow.id} writes"
                    yield self._look("Integration user", "breaking", name, words, "Give it the right, or end the flow.")
        may = {field for (of, holder), fields in self._fields.items() if of == name and holder in held
               for field in fields}  # fmt: skip
        if not any(of == name for of, _ in self._fields):
            return
        for mapped in flow.fields:
            field = mapped.target
            if field in self._guarded.get(name, ()) and field not in may:
                words = f"{shown} may not edit {name}.{field}, which {flow.id} writes"
                yield self._look("Integration user", "breaking", f"{name}/{field}", words, "Give it edit on the field.")

    def _look(self, section: str, level: str, where: str, words: str, action: str) -> Look:
        return Look(section, level, self._integration, where, words, action)


def _powers(facts: Mapping[str, Any]) -> tuple[str, ...]:
    named_ = [power for power in facts.get("powers") or () if isinstance(power, str)]
    return tuple(power for power in STRONG if facts.get(power) is True or power in named_)


def _holding(powers: Sequence[str]) -> str:
    """Being an administrator is what one is, and every other power what one holds."""
    rest = [power.replace("_", " ") for power in powers if power != "admin"]
    held = f"holds {', '.join(rest)}" if rest else ""
    return " and ".join(part for part in ("is an administrator" if "admin" in powers else "", held) if part)
