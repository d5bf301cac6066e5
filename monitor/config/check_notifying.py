"""What driftline.yaml says of direct notifications, held together: names that exist, one way for each target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .document import Document, KeyPath
from .explain import shown_value

_TO = (
    ("notify", "routes", "*", "to", "*"),
    ("notify", "routes", "*", "escalate", "*", "to", "*"),
    ("notify", "digests", "*", "to", "*"),
    ("reports", "*", "to", "*"),
)
_OWNERS = (("notify", "routes", "*", "owners", "*"), ("notify", "digests", "*", "owners", "*"))


def notifying(service: Document, teams: Iterable[str] | None, escalate: bool) -> None:
    """Adds what is wrong to the document. `teams` is None where they could not be read; `escalate`: whether one of them
    names another that hears next."""
    steps = () if escalate or teams is None else _steps(service)
    for path, words in (*_targets(service), *_names(service, teams), *steps, *_rest(service)):
        service.add(path, words)


def _targets(service: Document) -> Iterator[tuple[KeyPath, str]]:
    for path, target in service.find("notify", "targets", "*"):
        if not isinstance(target, dict):
            continue
        if ("apprise" in target) == ("webhook" in target):
            found = "both" if "apprise" in target else "neither"
            yield path, f"expected either `apprise` or `webhook`, found {found}"
        hook = target.get("webhook")
        given = hook if isinstance(hook, dict) else {}
        if str(given.get("url")).startswith("http://") and given.get("allow_private") is not True:
            yield (*path, "webhook", "url"), "expected https://, or allow_private: true beside it"


def _names(service: Document, teams: Iterable[str] | None) -> Iterator[tuple[KeyPath, str]]:
    known = sorted(str(path[-1]) for path, _ in service.find("notify", "targets", "*"))
    places = [(place, known, "a target of notify.targets") for place in _TO]
    places += [(place, sorted(teams), "a team of people.yaml") for place in _OWNERS if teams is not None]
    for place, names, what in places:
        for path, name in service.texts(*place):
            if name not in names:
                yield path, f"expected {what} ({', '.join(names) or 'none is there'}), found {shown_value(path, name)}"


def _steps(service: Document) -> Iterator[tuple[KeyPath, str]]:
    for path, step in service.find("notify", "routes", "*", "escalate", "*"):
        if isinstance(step, dict) and not step.get("to"):
            yield path, "expected targets in `to`, or a team with `escalation` in people.yaml, found neither"


def _rest(service: Document) -> Iterator[tuple[KeyPath, str]]:
    for path, quiet in service.find("notify", "quiet"):
        if isinstance(quiet, dict) and quiet.get("begins") is not None and quiet.get("begins") == quiet.get("ends"):
            yield (*path, "ends"), "expected another time than `begins`, found the same: nothing would ever be told"
    for path, report in service.find("reports", "*"):
        if isinstance(report, dict) and not report.get("to") and not report.get("folder"):
            yield path, "expected targets in `to`, or a `folder`, found neither"
