"""One scope as a dictionary, and one row of it in full: what it is, what it means, who uses it, who approved it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from monitor.core import body as bodies
from monitor.core import sight as sights
from monitor.core.graph import Edge, Thing, kept_at, reads_from, thing, writes_into
from monitor.core.model import Body, Finding, Phase
from probes.kit.contract import Kind, Ref
from probes.kit.facts import FACTS, Form, fact

from .blaming import blame
from .catalogue import scope_row
from .catalogue_shapes import Blame, Dictionary, Entry, FactRow, Feed, Holder, Means, Resource, User
from .rows import rows, who, worst_first
from .shapes import Happened
from .views import NotFound, events
from .words import named, short

if TYPE_CHECKING:
    from monitor.core.row import Row

    from .live import Live
    from .surface import Engine

FEW: Final = 5  # values of a list that a table shows
LONG: Final = 60  # characters of a fact in a table
SHOWN: Final = 200  # findings, users and holders on the page of one row
HISTORY: Final = 40  # events
_SAID: Final = ("label", "type")  # have columns of their own


async def dictionary(engine: Engine, integration: str, ref: Ref, after: int = 0, limit: int = 100) -> Dictionary:
    """Rows by name. Raises NotFound."""
    row, live = scope_row(engine, integration, ref), engine.integrations[integration]
    body = await _good(engine, live, ref)
    keys = sorted(body.rows) if body is not None else []
    open_ = Counter(one.address.key for one in engine.ledger.of(integration) if _open_at(one, ref))
    items = tuple(
        _entry(engine, live, ref, key, body.rows[key], open_[key])
        for key in keys[after : after + limit] if body is not None
    )  # fmt: skip
    end = after + len(items)
    return Dictionary(
        scope=row, title=live.config.title or integration, total=len(keys), items=items, link=live.known[ref].link,
        next=str(end) if items and end < len(keys) else "",
    )  # fmt: skip


async def _good(engine: Engine, live: Live, ref: Ref) -> Body | None:
    """The last good content of a scope; None where it was never read whole, or the store has lost it."""
    last = live.known.get(ref)
    raw = await engine.store.content(last.good_digest) if last is not None and last.good_digest else None
    return await asyncio.to_thread(bodies.recall, raw) if raw is not None else None


def _open_at(finding: Finding, ref: Ref) -> bool:
    return finding.phase is Phase.OPEN and finding.address.ref == ref


def _entry(engine: Engine, live: Live, ref: Ref, key: str, row: Row, open_: int) -> Entry:
    name, at = who(engine), Thing(live.name, ref.name, key)
    said = {one: say(ref.kind, one, value, name, LONG) for one, value in sorted(row.facts.items()) if one not in _SAID}
    field = ref.kind is Kind.FIELD
    return Entry(
        key=key, name=named(key, name), label=_label(live, ref, key, row.facts), type=str(row.facts.get("type") or ""),
        facts=tuple((one.replace("_", " "), words) for one, words in said.items() if words not in ("", "no")),
        definitions=tuple(one.name for one, _ in kept_at(engine.config.definitions, at)) if field else (),
        feeds=len(reads_from(engine.config.flows, at)) if field else 0,
        fed=len(writes_into(engine.config.flows, at)) if field else 0, open=open_,
    )  # fmt: skip


def _label(live: Live, ref: Ref, key: str, facts: Mapping[str, Any]) -> str:
    return str(facts.get("label") or live.called.get(ref, {}).get(key, ""))


def say(kind: Kind, name: str, value: Any, who: Any = str, limit: int = 0) -> str:
    """A fact's value in words, with names for pseudonyms. `limit`: at most so many characters, of a few values."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, list) and (known := FACTS[kind].get(name)) is not None and known.form in (Form.SET, Form.MAP):
        said = [_item(one, known.item_key) if isinstance(one, Mapping) else str(one) for one in value]
        if not limit:
            return named("\n".join(said), who)
        more = f" and {len(said) - FEW} more" if len(said) > FEW else ""
        return short(named(", ".join(said[:FEW]), who), limit) + more
    return short(named(value, who) if isinstance(value, str) else value, limit or 10_000)


def _item(item: Mapping[str, Any], key: str) -> str:
    """`value (Label, not active)`."""
    label = str(item["label"]) if item.get("label") not in (None, "", item[key]) else ""
    off = "not active" if item.get("active") is False else ""
    rest = [f"{n}: {short(v)}" for n, v in sorted(item.items()) if n not in (key, "label", "active") and v]
    more = ", ".join(part for part in (label, off, *rest) if part)
    return f"{item[key]} ({more})" if more else str(item[key])


async def resource(engine: Engine, integration: str, ref: Ref, key: str) -> Resource:
    """Raises NotFound for a row that is neither in what was read nor in the baseline."""
    scope, live, name = scope_row(engine, integration, ref), engine.integrations[integration], who(engine)
    body, approved = await _good(engine, live, ref), await engine.baselines.body(integration, ref)
    now, was = (one.rows.get(key) if one is not None else None for one in (body, approved))
    if now is None and was is None:
        raise NotFound(f"{ref.kind} {ref.name} of {integration} has no row {key[:120]!r}; its page lists those it has")
    blamed = await blame(engine, integration, ref, key)
    about = [one for one in engine.ledger.findings.values() if _about(one, integration, ref, key)]
    open_ = sorted((one for one in about if one.phase is Phase.OPEN), key=worst_first)
    file = engine.baselines.path_of(integration, ref)
    text = await engine.baselines.text(file)
    at, field = Thing(integration, ref.name, key), ref.kind is Kind.FIELD
    holders, rights = await _holders(engine, live, ref, key) if field else ([], "")
    facts = (now.facts if now is not None else None), (was.facts if was is not None else None)
    covered = frozenset(approved.facts) if approved is not None else frozenset[str]()
    return Resource(
        scope=scope, title=live.config.title or integration, key=key, name=named(key, name),
        label=_label(live, ref, key, facts[0] or facts[1] or {}), there=now is not None, link=live.known[ref].link,
        file=file if was is not None else "", line=bodies.line_of(text.encode(), key) if text and was else 0,
        facts=_facts(engine, ref.kind, facts, covered, blamed.facts, about),
        definitions=_means(engine, at) if field else (),
        into=_feeds(writes_into(engine.config.flows, at), into=True) if field else (),
        out=_feeds(reads_from(engine.config.flows, at), into=False) if field else (),
        users=tuple(User(u.by, u.does, u.where) for u in live.uses.of(ref.name, key)[:SHOWN]) if field else (),
        unseen=live.uses.unseen(ref.name) if field else "",
        holders=tuple(holders[:SHOWN]), more_holders=max(0, len(holders) - SHOWN), rights=rights,
        open=rows(engine, open_[:SHOWN]), approvals=blamed.approvals, unblamed=blamed.unknown,
        history=await _history(engine, about),
    )  # fmt: skip


def _about(finding: Finding, integration: str, ref: Ref, key: str) -> bool:
    """Findings at the row itself, and what flows say of it."""
    a = finding.address
    if a.subject == integration:
        return a.ref == ref and a.key == key and a.scope != sights.SCOPE
    return ref.kind is Kind.FIELD and thing(a) == Thing(integration, ref.name, key)


def _facts(
    engine: Engine,
    kind: Kind,
    facts: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None],
    covered: frozenset[str],
    blamed: Mapping[str, Blame],
    about: Sequence[Finding],
) -> tuple[FactRow, ...]:
    """Those that say something, on either side."""
    now, was = facts[0] or {}, facts[1] or {}
    name = who(engine)
    open_: dict[str, list[str]] = {}
    for one in about:
        if one.phase is Phase.OPEN and one.address.fact:
            open_.setdefault(one.address.fact.partition(".")[0], []).append(one.id)
    names = [one for one in sorted({*now, *was}) if now.get(one) or was.get(one) or one in open_]
    return tuple(
        FactRow(
            name=one, says=_says(kind, one), now=say(kind, one, now.get(one), name), covered=one in covered,
            approved=say(kind, one, was.get(one), name), same=now.get(one) == was.get(one),
            blame=(blamed.get(one) or blamed.get("")) if one in covered else None, findings=tuple(open_.get(one, ())),
        )
        for one in names
    )  # fmt: skip


def _says(kind: Kind, name: str) -> str:
    return fact(kind, name).says if name in FACTS[kind] or name.startswith("x_") else name.replace("_", " ")


def _means(engine: Engine, at: Thing) -> tuple[Means, ...]:
    return tuple(
        Means(one.name, one.meaning, kept.value,
              tuple(f"{k.integration}/{k.scope}/{k.field}" for k in one.kept if k != kept))
        for one, kept in kept_at(engine.config.definitions, at)
    )  # fmt: skip


def _feeds(edges: Sequence[Edge], *, into: bool) -> tuple[Feed, ...]:
    """The other ends of what feeds a field, or of what it feeds."""
    out = []
    for flow, pair in edges:
        end, key = (flow.source, pair.source) if into else (flow.target, pair.target)
        out.append(Feed(flow.id, end.integration, end.scope, key, tuple(sorted(pair.values.items()))))
    return tuple(out)


async def _holders(engine: Engine, live: Live, ref: Ref, key: str) -> tuple[list[Holder], str]:
    """Who may read and edit a field, by the rights that were read; or why nobody can say."""
    rights = Ref(Kind.PERMISSION, f"{ref.name}.field-permissions")
    last = live.known.get(rights)
    if last is None:
        return [], f"rights on single fields of {ref.name} are not read here"
    body = await _good(engine, live, rights)
    if body is None:
        return [], f"{rights.name} was never read whole"
    found = [
        Holder(one.removesuffix(f"/{key}"), row.facts.get("read") is True, row.facts.get("edit") is True)
        for one, row in sorted(body.rows.items())
        if one.endswith(f"/{key}")
    ]
    unsure = "" if last.coverage.complete else f"{rights.name} was not read whole the last time; this is from before"
    return found, unsure


async def _history(engine: Engine, about: Sequence[Finding]) -> tuple[Happened, ...]:
    newest = sorted(about, key=lambda one: one.first_seen_at, reverse=True)[:HISTORY]
    told = [await events(engine, finding=one.id, limit=HISTORY, newest_first=True) for one in newest]
    return tuple(sorted((one for some in told for one in some), key=lambda one: one.number, reverse=True)[:HISTORY])
