"""Reads a configuration folder whole: every file, every mistake at once, and nothing half.

    config/driftline.yaml  people.yaml  rules.yaml  flows.yaml  integrations/<name>.yaml

Relative paths in it count from the folder that holds the configuration folder: the root of the stack's repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Final

import msgspec
import orjson
from pydantic import ValidationError

from monitor.core.graph import Definition, End, FieldMap, Flow, Kept, Override
from monitor.core.model import Level
from probes.kit.contract import digest

from . import check
from .document import Document
from .egress import way_out
from .explain import explain
from .models import DefinitionEntry, EndEntry, FlowEntry, Flows, Integration, People, Rules, Service
from .problems import ConfigError, Problem
from .types import Model, zone_of

CONFIRMED: Final = "flows-confirmed.yaml"  # flows that were proposed and confirmed; Driftline writes it
FILES: Final[Mapping[str, type[Model]]] = {
    "driftline.yaml": Service,
    "people.yaml": People,
    "rules.yaml": Rules,
    "flows.yaml": Flows,
    CONFIRMED: Flows,
}
FOLDER: Final = "integrations"


class Config(msgspec.Struct, frozen=True):
    """All that people wrote, valid as a whole. `digest` changes with any word of it, not with comments or order."""

    folder: Path
    service: Service
    integrations: Mapping[str, Integration]
    people: People
    overrides: tuple[Override, ...]
    flows: tuple[Flow, ...]
    definitions: tuple[Definition, ...]
    complete: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    digest: bytes = b""
    written: Mapping[str, str] = {}  # where a flow, a definition or an owner stands by hand: "flow/<id>" -> file:line

    @property
    def stack(self) -> str:
        return self.service.stack.name

    @property
    def zone(self) -> tzinfo:
        """Where the stack's days begin and end."""
        return zone_of(self.service.stack.timezone)

    @property
    def root(self) -> Path:
        """What relative paths count from. A link to the folder counts where the link is."""
        return self.folder.absolute().parent

    @property
    def state(self) -> Path:
        return self.root / self.service.state

    @property
    def repository(self) -> str:
        """An absolute path, or the address as written where it is one (`https://…`, `git@host:…`)."""
        where = self.service.baselines.repository
        return where if check.remote(where) else str((self.root / where).resolve())


def load(folder: Path) -> Config:
    """Raises ConfigError with every problem of every file, sorted by file and line."""
    documents, problems = _documents(folder)
    values: dict[str, Model] = {}
    for name, document in documents.items():
        before = len(document.problems)
        if document.data is None and before:
            continue  # it could not be read at all, and says so
        model = FILES.get(name, Integration)
        try:
            values[name] = model.model_validate_json(orjson.dumps(document.data))
        except ValidationError as error:
            explain(document, model, error)
    check.stack(documents)
    problems += [problem for document in documents.values() for problem in document.problems]
    if problems:
        raise ConfigError(tuple(sorted(problems)))
    integrations = {value.name: value for value in values.values() if isinstance(value, Integration)}
    service, people, rules, *flows = (values.get(name) for name in FILES)
    assert isinstance(service, Service)  # noqa: S101 - a missing driftline.yaml is a problem above
    whole = orjson.dumps({name: document.data for name, document in documents.items()}, option=orjson.OPT_SORT_KEYS)
    root = folder.absolute().parent
    return _config(
        folder,
        service,
        {name: way_out(one, service.egress, root) for name, one in integrations.items()},
        people if isinstance(people, People) else People(),
        rules if isinstance(rules, Rules) else Rules(),
        Flows(
            elsewhere={name: says for one in flows if isinstance(one, Flows) for name, says in one.elsewhere.items()},
            flows=tuple(flow for one in flows if isinstance(one, Flows) for flow in one.flows),
            definitions=tuple(each for one in flows if isinstance(one, Flows) for each in one.definitions),
            complete=tuple(name for one in flows if isinstance(one, Flows) for name in one.complete),
        ),
        digest(whole),
        _written(documents),
    )


def _written(documents: Mapping[str, Document]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, document in documents.items():
        for sort, places in (("flow", ("flows", "*", "id")), ("definition", ("definitions", "*", "name"))):
            if name in FILES:
                found |= {f"{sort}/{id}": f"{name}:{document.line(path)}" for path, id in document.texts(*places)}
        if name not in FILES:
            own = next((text for _, text in document.texts("name")), "")
            found |= {f"owner/{own}": f"{name}:{document.line(path)}" for path, _ in document.texts("owner")}
    return found


def _documents(folder: Path) -> tuple[dict[str, Document], list[Problem]]:
    """Files by their name under the folder; an empty file is an empty mapping; an integration has its file's name."""
    if not folder.is_dir():
        words = "expected the folder of a configuration, found none: `driftline new-stack DIR` makes one"
        return {}, [Problem(str(folder), 0, "", words)]
    problems = []
    if not (folder / "driftline.yaml").is_file():
        words = "expected this file, which names the stack, found none"
        problems.append(Problem(str(folder / "driftline.yaml"), 0, "", words))
    documents: dict[str, Document] = {}
    for file in sorted([*folder.iterdir(), *(folder / FOLDER).glob("*")]):
        name = str(file.relative_to(folder))
        if file.is_dir() and file.parent != folder and any(file.rglob("*.yaml")):
            problems.append(
                Problem(str(file), 0, "", f"expected the files of integrations in {FOLDER}/ itself, found a folder")
            )
        if file.name.startswith(".") or file.suffix not in (".yaml", ".yml"):
            continue
        if file.suffix == ".yml":
            problems.append(Problem(str(file), 0, "", "expected a name ending in .yaml, found .yml: rename it"))
        elif file.parent == folder and file.name not in FILES:
            words = f"expected one of {', '.join(FILES)}, or a file in {FOLDER}/, found another name"
            problems.append(Problem(str(file), 0, "", words))
        else:
            documents[name] = document = Document.read(file)
            if document.data is None and not document.problems:
                document.data = {}
            if file.parent != folder and isinstance(document.data, dict):
                document.data.setdefault("name", file.stem)
    return documents, problems


def _config(
    folder: Path,
    service: Service,
    integrations: dict[str, Integration],
    people: People,
    rules: Rules,
    flows: Flows,
    digest: bytes,
    written: Mapping[str, str],
) -> Config:
    """The same, in the core's words."""
    return Config(
        folder=folder,
        service=service,
        integrations=integrations,
        people=people,
        overrides=tuple(Override(o.rule, o.pattern, Level[o.level.upper()], o.reason) for o in rules.overrides),
        flows=tuple(map(flow_of, flows.flows)),
        definitions=tuple(map(definition_of, flows.definitions)),
        complete=frozenset(flows.complete),
        elsewhere=frozenset(flows.elsewhere),
        digest=digest,
        written=written,
    )


def flow_of(flow: FlowEntry) -> Flow:
    """In the core's words."""
    return Flow(
        id=flow.id,
        source=_end(flow.source),
        target=_end(flow.target),
        fields=tuple(FieldMap(f.source, f.target, f.values, f.left_out) for f in flow.fields),
        owner=flow.owner,
        tier=flow.tier,
        purpose=flow.purpose,
        writer=flow.writer,
        reader=flow.reader,
        creates=flow.creates,
    )


def definition_of(d: DefinitionEntry) -> Definition:
    kept = tuple(Kept(k.integration, k.scope, k.field, k.value, k.values) for k in d.kept)
    return Definition(name=d.name, meaning=d.meaning, kept=kept, values=d.values)


def _end(end: EndEntry) -> End:
    return End(end.integration, end.scope)
