"""What no single value can tell: names that must exist elsewhere, values that must fit together.

Works on the documents as read, not on the models, so that one wrong value hides no other mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import PydanticCustomError

from .check_alerting import alertmanager
from .check_notifying import notifying
from .check_pushes import attested, pushes
from .check_quota import affordable
from .document import Document, Key, KeyPath, keyed
from .explain import shown_value
from .fleet import fleet
from .types import Listen

if TYPE_CHECKING:
    from probes.kit.listing import Vendor

_REFERENCE: Final = re.compile(r"\$\{(env|file|cmd):")
_SECRET_PLACES: Final[tuple[KeyPath, ...]] = (
    ("credentials",),
    ("token_keys",),
    ("server", "metrics_token"),
    ("server", "auth", "oidc", "client_secret"),
    ("git", "forge", "token"),
    ("alerts", "alertmanager", "password"),
    ("alerts", "alertmanager", "token"),
    ("alerts", "alertmanager", "headers"),
    ("notify", "targets"),
    ("hook", "secret"),
    ("fleet", "stacks"),
)
_USERINFO: Final = re.compile(r"^[a-z+]+://[^/@\s]+@", re.I)
_ADDRESS: Final = re.compile(r"^([a-z+]+://|[\w.-]+@[\w.-]+:)", re.I)


def remote(repository: str) -> bool:
    """Whether a git repository is named by address, not by path."""
    return bool(_ADDRESS.match(repository))


def stack(documents: Mapping[str, Document]) -> None:
    """Adds to each document what is wrong between them."""
    people = documents.get("people.yaml")
    integrations = {name: document for name, document in documents.items() if "/" in name}
    teams = _keys(people, "teams") if _tells(people, "teams") else None
    names: dict[str, Document] = {}
    for document in integrations.values():
        if document.data is None:  # it cannot be read, and says so; it is there all the same
            names[document.file.stem] = document
        for path, name in document.texts("name"):
            if name in names:
                document.add(path, f"expected a name of its own, found {name!r}, which {names[name].file.name} has too")
            names[name] = document
    for document in documents.values():
        _references(document)
    if people:
        _known(people, people.texts("teams", "*", "escalation"), teams, "a team of this file")
    for document in integrations.values():
        _known(document, document.texts("owner"), teams, "a team of people.yaml")
        _vendor(document, documents.get("driftline.yaml"))
        for path, old in document.texts("renamed_from"):
            if old in names:
                document.add(path, f"expected the name of an integration that is gone, found {old!r}, still there")
    _renamed_once(integrations.values())
    if service := documents.get("driftline.yaml"):
        _server(service, teams)
        _repository(service)
        _reviewed(service, names)
        _forge(service)
        alertmanager(service)
        notifying(service, teams, bool(people and list(people.texts("teams", "*", "escalation"))))
        fleet(service)
    if rules := documents.get("rules.yaml"):
        _overrides(rules, names)
    _flows([documents[name] for name in ("flows.yaml", "flows-confirmed.yaml") if name in documents], teams, names)


def _flows(documents: Sequence[Document], teams: Iterable[str] | None, names: Iterable[str]) -> None:
    """What people wrote, and what they confirmed: no name stands in both."""
    known = [*names, *(name for one in documents for name in _keys(one, "elsewhere"))]
    for flows in documents:
        _known(flows, flows.texts("flows", "*", "owner"), teams, "a team of people.yaml")
        for place in (("flows", "*", "from"), ("flows", "*", "to"), ("definitions", "*", "kept", "*")):
            words = "an integration of integrations/ (or a system of elsewhere)"
            _known(flows, flows.texts(*place, "integration"), known, words)
        _named(flows, names)
        _once(flows, "flows", "*", "id")
        for path, id in flows.texts("flows", "*", "id"):
            if id in known:
                flows.add(path, f"expected a name that no system has, found {id!r}: findings are told apart by it")
        _once(flows, "definitions", "*", "name")
        _known(flows, flows.texts("complete", "*"), names, "an integration of integrations/")
    for place in (("flows", "*", "id"), ("definitions", "*", "name")):
        written = {name for one in documents[:1] for _, name in one.texts(*place)}
        for later in documents[1:]:
            for path, name in later.texts(*place):
                if name in written:
                    later.add(
                        path, f"expected a name of its own, found {name!r}, which {documents[0].file.name} has too"
                    )


def _named(flows: Document, names: Iterable[str]) -> None:
    """Only at a system that nobody monitors may it be unknown what takes the values."""
    monitored = set(names)
    for path, to in flows.find("flows", "*", "to"):
        if not isinstance(to, Mapping) or to.get("integration") not in monitored:
            continue
        if "scope" not in to:
            flows.add(path, "expected `scope`, an object of an integration that is read here, found none")
        for at, field in flows.find(*path[:-1], "fields", "*"):
            if isinstance(field, Mapping) and "to" not in field:
                flows.add(at, "expected `to`, a field of an integration that is read here, found none")


def _known(document: Document, values: Iterable[tuple[KeyPath, str]], known: Iterable[str] | None, what: str) -> None:
    """`known` is None where the names themselves could not be read: that is one mistake, not one more for each use."""
    if known is None:
        return
    known = sorted(known)
    for path, value in values:
        if value not in known:
            names = ", ".join(known) if known else "none is there"
            document.add(path, f"expected {what} ({names}), found {shown_value(path, value)}")


def _once(document: Document, *pattern: Key) -> None:
    seen: dict[str, KeyPath] = {}
    for path, value in document.texts(*pattern):
        if value in seen:
            first = document.line(seen[value])
            document.add(path, f"expected each once, found {value!r} again (first on line {first})")
        seen.setdefault(value, path)


def _renamed_once(documents: Iterable[Document]) -> None:
    seen: dict[str, Document] = {}
    for document in documents:
        for path, old in document.texts("renamed_from"):
            if old in seen:
                other = seen[old].file.name
                document.add(path, f"expected a name that one integration takes over, found {old!r}, as in {other}")
            seen.setdefault(old, document)


def _references(document: Document) -> None:
    """References to secrets are resolved in secret-typed fields only: anywhere else one would be used as it stands."""
    waiting: list[tuple[KeyPath, Any]] = [((), document.data)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [((*path, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [((*path, place), inner) for place, inner in enumerate(value)]
        elif (
            isinstance(value, str)
            and _REFERENCE.search(value)
            and not {path[:1], path[:2], path[:3], path[:4]} & {*_SECRET_PLACES}
        ):
            places = ", ".join(".".join(map(str, place)) for place in _SECRET_PLACES)
            document.add(path, f"expected a plain value, found a reference to a secret (only {places} take one)")


def _server(service: Document, teams: Iterable[str] | None) -> None:
    listens: dict[KeyPath, Listen] = {}
    for key, default in (("listen", "127.0.0.1:9731"), ("metrics", "127.0.0.1:9732")):
        path: KeyPath = ("server", key)
        try:
            listens[path] = Listen.parse(next((text for _, text in service.texts(*path)), default))
        except PydanticCustomError:
            return  # the model says it
    (path, pages), (metrics_path, metrics) = listens.items()
    if pages == metrics and pages.port:
        service.add(metrics_path, f"expected another address than server.listen, found {str(metrics)!r}")
    mode = next((text for _, text in service.texts("server", "auth", "mode")), "none")
    if mode == "none" and not pages.loopback:
        words = f"expected a loopback address while server.auth.mode is none, found {str(pages)!r}: set mode to tokens"
        service.add(path, words)
    auth: KeyPath = ("server", "auth")
    if mode == "proxy" and not any(True for _ in service.texts(*auth, "peers", "*")):
        service.add((*auth, "mode"), "expected server.auth.peers beside it: the addresses whose header is believed")
    if mode == "oidc" and not any(True for _ in service.texts(*auth, "oidc", "issuer")):
        service.add((*auth, "mode"), "expected server.auth.oidc beside it: the provider that signs people in")
    gives = any(True for _ in service.texts(*auth, "roles", "*"))
    viewer = any(text == "viewer" for _, text in service.texts(*auth, "default_role"))
    if mode not in ("none", "tokens") and not gives and not viewer:
        service.add((*auth, "mode"), "expected server.auth.roles beside it: without them nobody may come in")
    for path, team in service.texts(*auth, "teams", "*"):
        _known(service, [(path, team)], teams, "a team of people.yaml")


def _repository(service: Document) -> None:
    for path, where in service.texts("baselines", "repository"):
        if _USERINFO.match(where) and not re.match(r"^ssh://[^:/@\s]+@", where):
            words = "expected an address without a user or password in it, found one: use git's credential helper"
            service.add(path, words)
    for path, folder in service.texts("baselines", "path"):
        if folder.startswith("/") or ".." in folder.split("/"):
            service.add(path, f"expected a folder inside the repository, found {folder!r}")


def _forge(service: Document) -> None:
    """A pull request needs somewhere to be opened, and a branch that is pushed there."""
    if any(mode == "propose" for _, mode in service.texts("git", "mode")):
        if not any(True for _ in service.find("git", "forge")):
            service.add(("git", "forge"), "expected where pull requests are opened, found no such key")
        if any(value is False for _, value in service.find("baselines", "push")):
            service.add(("baselines", "push"), "expected true while git.mode is propose, found false")
    for path, project in service.texts("git", "forge", "project"):
        github = any(kind == "github" for _, kind in service.texts("git", "forge", "kind"))
        shape = r"\w[\w.-]*/\w[\w.-]*" if github else r"\w[\w.-]*(/\w[\w.-]*)+"
        if not re.fullmatch(shape, project):
            words = "owner/name, as in the address of the repository" if github else "group/name, the project's path"
            service.add(path, f"expected {words}, found {shown_value(path, project)}")
    for path, api in service.texts("git", "forge", "api"):
        private = any(value is True for _, value in service.find("git", "forge", "allow_private"))
        if api.startswith("http://") and not private:
            service.add(path, "expected https://, or allow_private: true beside it, since a token is sent there")


def _reviewed(service: Document, names: Iterable[str]) -> None:
    """An entry that names an integration which is not there would look as if its facts were safe. Where nobody signs
    in no two people can be told apart, and nobody acts for a team."""
    if next((text for _, text in service.texts("server", "auth", "mode")), "none") == "none":
        words = "expected people who sign in, found server.auth.mode none, where {}: set it to tokens, oidc or proxy"
        if any(True for _ in service.find("review", "four_eyes", "*")):
            service.add(("review", "four_eyes"), words.format("no two people can be told apart"))
        if any(value is True for _, value in service.find("review", "owners_decide")):
            service.add(("review", "owners_decide"), words.format("nobody acts for a team"))
    for path, pattern in service.texts("review", "four_eyes", "*", "integration"):
        if "*" not in pattern:
            _known(service, [(path, pattern)], names, "an integration of integrations/ (or a pattern with *)")


def _overrides(rules: Document, names: Iterable[str]) -> None:
    """A pattern that can match nothing is a mistake: it must begin with an integration, or with a wildcard."""
    for path, pattern in rules.texts("overrides", "*", "pattern"):
        first, slash, _ = pattern.partition("/")
        if re.search(r"[*?\[]", first):
            continue
        if slash:
            _known(rules, [(path, first)], names, "a pattern that begins with an integration")
        else:
            rules.add(path, f"expected integration/kind/scope/key/fact, with * for any text, found {pattern!r}")


def _vendor(document: Document, service: Document | None) -> None:
    """The parts of an integration that its vendor file gives a meaning."""
    from probes.kit import registry  # with all vendor files behind it: only where a configuration is checked

    found = registry.found()
    known = found.vendors
    for path, name in document.texts("vendor"):
        blocks = [block for _, block in document.find("rest") if block is not None]
        if name == "attested" or any(block is not None for _, block in document.find("attested")):
            vendor = attested(document, name)
        elif name == "rest":
            vendor = _rest(document, blocks)
        else:
            vendor = known.get(name)
            if name in found.broken and vendor is None:
                document.add(path, f"expected a vendor file that can be read: {found.broken[name]}")
                return
            _known(document, [(path, name)], {*known, "rest", "attested"}, "a known vendor")
            if blocks:
                document.add(("rest",), "expected it with `vendor: rest` alone, found it beside another vendor")
        if vendor is None:
            return
        listings = {listing.name for listing in vendor.listings}
        _scheme(document, vendor.schemes)
        pushes(document, vendor)
        _base(document, vendor)
        _names(document, ("options", "*"), vendor.options, f"an option of {name}")
        _names(document, ("schedule", "listings", "*"), listings, f"a listing of {name}")
        affordable(document, vendor, service)


def _rest(document: Document, blocks: list[Any]) -> Vendor | None:
    from probes.rest import RestInvalid, build

    if not blocks:
        document.add(("rest",), "expected what to read from where, found no such key")
    elif isinstance(blocks[0], dict):
        try:
            return build(blocks[0])
        except RestInvalid as error:
            for problem in error.problems:
                where, _, words = problem.partition(": ")
                document.add(keyed(where), words)
    return None


def _base(document: Document, vendor: Vendor) -> None:
    """A vendor's address may come from `base`, or from options that have no default."""
    if any(True for _ in document.texts("base")):
        return
    if not vendor.base:
        document.add(("base",), "expected the address of the system to read, found no such key")
    for option in re.findall(r"\{options\.(\w+)\}", vendor.base):
        if not vendor.options[option].default and not any(True for _ in document.find("options", option)):
            document.add(("options", option), f"expected {vendor.options[option].says}, found no such key")


def _names(document: Document, pattern: KeyPath, known: Iterable[str], what: str) -> None:
    known = sorted(known)
    for path, _ in document.find(*pattern):
        if path[-1] not in known:
            document.add(path, f"expected {what} ({', '.join(known) or 'it has none'}), found another name")


def _scheme(document: Document, schemes: Mapping[str, Any]) -> None:
    for path, scheme in document.texts("credentials", "scheme"):
        if scheme not in schemes:
            _known(document, [(path, scheme)], schemes, "a way to log in that the vendor has")
            return
        fields = schemes[scheme].fields
        given = {place[-1]: place for place, _ in document.find("credentials", "*")}
        for name in fields:
            if name not in given:
                document.add(("credentials", name), f"expected a value, which scheme {scheme} needs, found no such key")
        for extra in given.keys() - {*fields, "scheme"}:
            document.add(given[extra], f"expected one of {', '.join(fields)}, found an unknown key")


def _tells(document: Document | None, key: str) -> bool:
    """Whether a file says what its names are, none among them; one that is not there has none."""
    return document is None or (isinstance(document.data, dict) and isinstance(document.data.get(key) or {}, dict))


def _keys(document: Document | None, key: str) -> tuple[str, ...]:
    return tuple(str(path[-1]) for path, _ in document.find(key, "*")) if document else ()
