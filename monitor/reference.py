"""The reference docs, made from the code. `make generate` writes them and the schemas; a test holds them current."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
import typer

from monitor import cli, reference_api, reference_vendors, reference_words
from monitor.adapters import migrate
from monitor.adapters.metrics import BASE, COVERAGE, SYNC_STATES, Metrics
from monitor.cli import out
from monitor.cli.remote import TOKEN
from monitor.config import load, schemas
from monitor.config.keys import code, settings
from monitor.core.ignores import STATES
from monitor.core.ledger import ledger_table
from monitor.core.model import Closing, EventType, Level, Phase, Source
from monitor.core.rules import RULES, Rule
from monitor.core.vendor_status import STATES as VENDOR_STATES
from monitor.dashboards import render as dashboards
from monitor.engine.flowlist import STATES as FLOW_STATES
from monitor.engine.hook_state import SAYS
from monitor.engine.measure import Measure
from monitor.engine.opening import open_engine
from monitor.engine.rulelist import examples
from monitor.mixin import page as alerts
from monitor.mixin import render as mixin
from monitor.reference_vendors import grid as _table
from monitor.scaffold import scaffold
from probes.kit.clock import ManualClock
from probes.kit.contract import Kind

ROOT: Final = Path(__file__).resolve().parents[1]
MADE: Final = "This page is made from the code by `make generate`; do not edit it."


def pages() -> dict[str, str]:
    """File name in docs/reference -> its content."""
    return {name: f"# {title}\n\n{MADE}\n\n{body()}" for name, (title, body) in _PAGES.items()}


def write(root: Path) -> None:
    """Writes docs/reference, config/schemas and the rest of a checkout that is made; a page that is made no more
    goes."""
    folder = root / "docs" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    made = pages()
    for old in folder.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, "utf-8")
    schemas.write(root / "config" / "schemas")
    fresh = root / migrate.FRESH.relative_to(ROOT)
    fresh.parent.mkdir(parents=True, exist_ok=True)
    fresh.write_text(migrate.script(), "utf-8")
    mixin.write(root)
    dashboards.write(root)
    readme = root / "README.md"
    if readme.exists():
        readme.write_text(reference_vendors.filled(readme.read_text("utf-8")), "utf-8")


# -- rules ------------------------------------------------------------------------------------------------------------


def _rules() -> str:
    words = (
        "One rule for each thing that can be said: a fact that changed in a certain way, a read that failed, a sync "
        "that is late. The level is for a thing of which nobody knows whether it is used. When a flow is known to "
        "write into it or to read from it, the level in the next columns counts instead. Overrides of `rules.yaml` "
        "come after that. What is marked security never goes under warning. `driftline rules ID` shows one. What each "
        "speaks of, and what it keeps silent about, is played by the tests.\n\n"
        "`(resource)` is the thing itself: added, removed, renamed. A vendor's own facts begin with `x_`; they share "
        "the rules with `own` in their ids.\n"
    )
    groups: dict[str, list[Rule]] = {}
    for rule in RULES:
        drift = rule.source is Source.DRIFT and rule.kind is not None
        groups.setdefault(f"Drift: {rule.kind}" if drift else str(rule.source).capitalize(), []).append(rule)
    parts = [f"## {title}\n\n{_table(_RULE_COLUMNS, map(_rule, rules))}" for title, rules in groups.items()]
    return "\n".join((words, f"There are {len(RULES)} rules.\n", *parts))


_RULE_COLUMNS: Final = ("rule", "level", "if written", "if read", "", "because", "asks", "speaks", "keeps silent")


def _rule(rule: Rule) -> tuple[object, ...]:
    marked = "security" if rule.security else ""
    example, silent = examples().get(rule.id, ("", ""))
    return (
        code(rule.id), rule.level.word, _word(rule.writers), _word(rule.readers), marked, rule.reason, rule.question,
        example, silent,
    )  # fmt: skip


def _word(level: Level | None) -> str:
    return level.word if level is not None else ""


# -- metrics ----------------------------------------------------------------------------------------------------------

_LABELS: Final[Mapping[str, str]] = {
    "stack": "`stack.name` of driftline.yaml",
    "integration": "the name of the integration",
    "target": "the name of a target of `notify`",
    "vendor": "the vendor file it is read with",
    "environment": "`environment` of the integration",
    "owner": "a team of people.yaml; `other` for one that is none",
    "kind": ", ".join(Kind),
    "source": ", ".join(Source),
    "severity": "breaking, warning, info",
    "stand": "open, suspected, held, ignored, flapping; policy: of those open, what a policy will approve",
    "state": f"of a scope: {', '.join(COVERAGE)}; of a sync: {', '.join(SYNC_STATES)}; "
    f"of an ignore: {', '.join(STATES)}; of a flow: {', '.join(FLOW_STATES)}; "
    f"of a vendor: {', '.join(VENDOR_STATES)}",
    "flow": "the id of a flow of flows.yaml",
    "tier": "`tier` of the integration: 1 is what hurts at once",
    "what": "of a sync: state, freshness, rows, errors, duration, backlog, volume",
    "url": "`server.external_url`",
    "scope": "the collection that a sync is one of, such as `imports` or `apex-jobs`; never a field or an object",
    "outcome": f"of a reading: ok, partial, failed; of a push: {', '.join(SAYS)}; "
    "of alerts sent to an Alertmanager: ok, failed; of a message to people: sent, failed, dropped",
    "table": "a table of the store: event, finding, reading, sample, run, content and so on",
    "class": "of an answer: 2xx, 304, 4xx, 429, 5xx, error; of an integration: production, laboratory, sunset, "
    "restricted",
    "type": ", ".join(EventType),
    "rule": "the id of a rule of the table",
    "decision": "approve, reject, ignore, acknowledge, assign, comment, release; policy; noise, worse",
    "version": "the release that runs",
}


class Family(NamedTuple):
    """One metric: `labels` in their order."""

    name: str
    type: str
    says: str
    labels: tuple[str, ...]


def metrics() -> list[Family]:
    """Every family of /metrics: what stands, as an engine gives it, then what is counted."""
    made = asyncio.run(_gauges())
    counting = Metrics()
    counting.polled(("",) * len(BASE), "ok", 0.0, {"2xx": 1})
    counting.pushed(("",) * len(BASE), {"accepted": 1})
    counting.told("", "opened")
    counting.decided("", "field.label.changed", "approve")
    counting.alerted("", "ok", 1)
    counting.tidied("", {"event": 1})
    counting.notified("", "", "sent", 1)
    counted = {metric.name: metric for metric in counting.registry.collect()}
    for metric in counted.values():
        if metric.name.startswith("driftline"):
            labels = dict.fromkeys(name for sample in metric.samples for name in sample.labels if name != "le")
            name = f"{metric.name}_total" if metric.type == "counter" else metric.name
            made.append(Family(name, metric.type, metric.documentation, tuple(labels)))
    made.append(Family("driftline_build_info", "gauge", "Which release runs.", ("stack", "version")))
    capped = "Series left out because there were too many; 0 in a healthy stack."
    made.append(Family("driftline_metrics_dropped_series", "gauge", capped, ()))
    return sorted(made, key=lambda family: family.name)


async def _gauges() -> list[Family]:
    """From an engine of a new stack: the families are there whether or not anything was read."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Path(folder, "stack")
        scaffold(stack, "reference")
        async with open_engine(load(stack / "config"), ManualClock(0.0)) as engine:
            measure = Measure()
            await measure.start(engine)
            snapshot = await measure.snapshot()
    return [Family(series.name, "gauge", series.says, series.labels) for series in snapshot.series]


def _metrics() -> str:
    words = (
        "Served as `/metrics` on the second listener (`server.metrics`), beside `/healthz` and `/readyz`. Before the "
        "ledger is loaded the answer is 503. No label holds an id, a field, a person or a time. The usual `process_*` "
        "series of the Prometheus client are there too.\n"
    )
    families = metrics()
    rows = [(code(one.name), one.type, ", ".join(map(code, one.labels)), one.says) for one in families]
    used = dict.fromkeys(label for one in families for label in one.labels)
    labels = [(code(label), _LABELS[label]) for label in used]
    return "\n".join((words, _table(("metric", "type", "labels", "says"), rows), "## Labels\n",
                      _table(("label", "is"), labels)))  # fmt: skip


# -- settings ---------------------------------------------------------------------------------------------------------


def _settings() -> str:
    words = (
        "The files of a stack's `config/` folder. Unknown keys are refused. `driftline check` lists every mistake at "
        "once, with file, line and key path. The same models make the JSON Schemas in `config/schemas/`, which editors "
        "use. A duration is written `45s`, `5m`, `1h30m` or `14d`.\n"
    )
    parts = [words]
    for name, content in schemas.schemas().items():
        schema = orjson.loads(content)
        file = "integrations/<name>.yaml" if name == "integration.json" else name.replace(".json", ".yaml")
        parts.append(f"## {file}\n")
        rows = [(code(one.path), one.expected, one.default, one.says) for one in settings(schema)]
        parts.append(_table(("key", "expected", "default", "says"), rows))
    return "\n".join(parts)


# -- ledger -----------------------------------------------------------------------------------------------------------


def _ledger() -> str:
    words = (
        "What is said about the systems is kept as findings, and what becomes of a finding is this table. Every source "
        f"({', '.join(Source)}) goes through it. A finding closes only when something that looked at its place no "
        "longer claims it; a read that failed looks at nothing.\n"
    )
    phases = f"A finding is {', '.join(Phase)}. It closes as {', '.join(Closing)}; figures count the first two alone.\n"
    return "\n".join((words, phases, ledger_table()))


# -- terminal ---------------------------------------------------------------------------------------------------------

EXIT_CODES: Final = (
    (out.FINE, "done; nothing that was asked about is wrong"),
    (
        out.DRIFT,
        "drift at or above `--fail-on`; of `demo --once`: the story was not told as it must be; of `audit verify`: the "
        "trail is not whole; of `try`: a vendor file reads what the vendor's spec does not have",
    ),
    (out.USAGE, "usage or configuration: a sentence on standard error says where and what to do"),
    (
        out.BLIND,
        "coverage is not complete, with `--strict`; of `try`: code could not be played, with `--strict`; of "
        "`audit verify`: the remote did not answer",
    ),
    (out.INTERRUPTED, "interrupted"),
)


def commands() -> dict[str, Any]:
    """Every command by its words ("token create"), as the terminal registers them."""
    with redirect_stdout(StringIO()):
        cli.run(["--help"])  # commands register themselves on the first run
    return dict(_named(typer.main.get_command(cli.app), ""))


def _named(group: Any, above: str) -> Iterator[tuple[str, Any]]:
    for name, command in sorted(group.commands.items()):
        yield f"{above}{name}", command
        if hasattr(command, "commands"):
            yield from _named(command, f"{above}{name} ")


def _terminal() -> str:
    words = (
        "`driftline COMMAND`. Laid out and coloured where a person watches; plain, tab-separated lines when piped; one "
        "JSON document with `--json`. `driftline --version` says the release; "
        f"`{cli.DEBUG}=1` shows where something failed unforeseen. `driftline --vendors DIR COMMAND`, or "
        "`DRIFTLINE_VENDORS`, adds a folder of vendor files of your own.\n\n"
        "While `serve` runs, what writes or uses credentials asks it through its API, with the token in "
        f"`{TOKEN}` where `server.auth.mode` is tokens.\n"
    )
    parts = [words, "## Exit codes\n", _table(("code", "means"), EXIT_CODES), "## Commands\n"]
    found = commands()
    parts.append(
        _table(("command", "does"), [(f"[`{name}`](#{_anchor(name)})", one.help) for name, one in found.items()])
    )
    for name, command in found.items():
        parts.append(f"### {name}\n")
        params = [one for one in command.params if "--help" not in one.opts]
        places = [one.metavar or one.name.upper() for one in params if one.param_type_name == "argument"]
        parts.append(f"`{' '.join(['driftline', name, *places])}`: {command.help}\n")
        if params:
            parts.append(_table(("argument or option", "default", "says"), map(_param, params)))
    return "\n".join(parts)


def _anchor(name: str) -> str:
    return name.replace(" ", "-")


def _param(param: Any) -> tuple[str, str, str]:
    if param.param_type_name == "argument":
        name = param.metavar or param.name.upper()
    else:
        value = param.metavar or (
            "PATH" if isinstance(param.default, Path) else "N" if isinstance(param.default, int) else "VALUE"
        )
        name = ", ".join(param.opts) + ("" if param.is_flag else f" {value}")
    default = "" if param.default in (None, "", False) or param.required else code(param.default)
    also = f" Or by the environment: `{param.envvar}`." if getattr(param, "envvar", None) else ""
    return code(name), "required" if param.required else default, f"{getattr(param, 'help', '') or ''}{also}"


_PAGES: Final[Mapping[str, tuple[str, Callable[[], str]]]] = {
    "rules.md": ("Rules", _rules),
    "metrics.md": ("Metrics", _metrics),
    "alerts.md": ("Alerts", alerts.body),
    "settings.md": ("Settings", _settings),
    "ledger.md": ("The ledger", _ledger),
    "vendors.md": ("Vendors", reference_vendors.page),
    "words.md": ("The words of a vendor file", reference_words.page),
    "terminal.md": ("The terminal", _terminal),
    "api.md": ("The API", reference_api.page),
}

if __name__ == "__main__":
    write(ROOT)
