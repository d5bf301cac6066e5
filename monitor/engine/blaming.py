"""Who approved what stands in a baseline: the commit of each line, and the decision that led to it.

The lines of the file are asked, by git blame, because they are what is approved; the store knows who decided, and why.
A commit that no decision of ours led to was approved outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from monitor.adapters.baselines import Baselines
from monitor.adapters.git import EMAIL, GitError
from monitor.adapters.records import Decision
from monitor.core import body as bodies
from probes.kit.contract import Ref

from .catalogue_shapes import Blame
from .rows import who

if TYPE_CHECKING:
    from .surface import Engine

SECONDS: Final = 5.0  # that git may take over a history; longer ones are for the command line
COMMITS: Final = 20
_FORM: Final = "%x01%H%x00%an%x00%ae%x00%ct"
_RESOURCE, _FACT = "    ", "      "  # where a resource and its facts begin in a line of the file


class Blamed(msgspec.Struct, frozen=True):
    """`facts`: by name, "" for the resource itself; `approvals`: the commits that changed it, newest first; `unknown`:
    why these are not told, where git did not say."""

    facts: Mapping[str, Blame] = {}
    approvals: tuple[Blame, ...] = ()
    unknown: str = ""


class _Commit(NamedTuple):
    sha: str
    author: str
    mail: str
    at: float


async def blame(engine: Engine, integration: str, ref: Ref, key: str) -> Blamed:
    """Of one resource of the baseline; nothing where it is in none."""
    baselines: Baselines = engine.baselines
    entry = baselines.entries(integration).get(ref)
    raw = await baselines.raw(integration, ref) if entry is not None else None
    if entry is None or raw is None:
        return Blamed()
    lines = raw.decode().split("\n")
    first = bodies.line_of(raw, key)
    if not lines[first - 1].startswith(_RESOURCE + '"'):
        return Blamed()
    last = next(
        n for n in range(first, len(lines) + 1) if lines[n - 1].rstrip(",") in (f"{_RESOURCE}}}",) or n == len(lines)
    )
    sha, span = baselines.seen, f"{first},{last}"
    try:
        said = await baselines.git.run("blame", "--line-porcelain", "-L", span, sha, "--", entry.path, seconds=SECONDS)
        past = await baselines.git.run(
            "log", f"-{COMMITS}", "--no-patch", f"--format={_FORM}", f"-L{span}:{entry.path}", sha, seconds=SECONDS
        )
    except GitError as error:
        return Blamed(unknown=str(error))
    by_line, commits = _lines(said.decode(errors="replace")), _commits(past.decode(errors="replace"))
    known = await engine.store.decisions_of({one.sha for one in (*by_line, *commits)})
    newest: dict[str, _Commit] = {}
    fact = ""
    for text, commit in zip(lines[first - 1 : last], by_line, strict=True):
        if text.startswith(_FACT + '"'):
            fact = str(msgspec.json.decode(text[len(_FACT) : text.index('": ') + 1]))
        if fact not in newest or commit.at > newest[fact].at:
            newest[fact] = commit
    return Blamed(
        {name: _blame(engine, known, one) for name, one in newest.items()},
        tuple(_blame(engine, known, one) for one in commits),
    )


def _end(lines: Sequence[str], first: int) -> int:
    """The number of the line that closes the resource."""
    return next(at for at in range(first, len(lines) + 1) if lines[at - 1].rstrip(",") == f"{_RESOURCE}}}")


def _lines(porcelain: str) -> list[_Commit]:
    """A commit for each line, in their order; see git-blame(1), The porcelain format."""
    out: list[_Commit] = []
    sha, about = "", dict[str, str]()
    for line in porcelain.split("\n"):
        if line.startswith("\t"):
            mail = about["author-mail"].strip("<>")
            out.append(_Commit(sha, about["author"], mail, float(about["committer-time"])))
            sha, about = "", {}
        elif not sha:
            sha = line.partition(" ")[0]
        else:
            name, _, value = line.partition(" ")
            about[name] = value
    return out


def _commits(log: str) -> list[_Commit]:
    parts = (one.strip("\n").split("\0") for one in log.split("\x01")[1:])
    return [_Commit(sha, author, mail, float(at)) for sha, author, mail, at in parts]


def _blame(engine: Engine, known: Mapping[str, Decision], commit: _Commit) -> Blame:
    done = known.get(commit.sha)
    if done is None:
        ours = commit.mail == EMAIL
        return Blame(how="not in this store" if ours else "outside", sha=commit.sha, at=commit.at, by=commit.author)
    how = "undone" if done.undoes else done.how
    return Blame(
        how=how, sha=commit.sha, at=commit.at, by=who(engine)(done.by), decision=done.uuid, ticket=done.ticket,
        reason=done.reason, policy=", ".join(sorted(set(_policies(done)))),
    )  # fmt: skip


def _policies(done: Decision) -> Iterable[str]:
    return done.policies.values() if done.how == "policy" else ()
