"""The plain values that views give to pages, API and terminal. Times are epoch seconds UTC; levels are words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from .alert_shapes import Silenced
from .asking_shapes import Asking
from .diff import DiffRow
from .place import Place
from .words import Part

Mark = Literal["ok", "drifted", "broken", "denied", "blind", "partial", "unseen", "none"]
Stand = Literal["open", "suspected", "held", "ignored", "closed", "all"]


class Counts(msgspec.Struct, frozen=True):
    """Roots by level; `children` hang under them and are not counted again."""

    breaking: int = 0
    warning: int = 0
    info: int = 0
    children: int = 0

    @property
    def total(self) -> int:
        return self.breaking + self.warning + self.info


class FindingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One finding in a list. `stand` is where it stands for a reader: its phase, or `ignored` while that lasts;
    `policy` is what will approve it, so that nobody has to."""

    id: str
    fingerprint: str
    source: str
    integration: str
    title: str
    kind: str
    scope: str
    key: str
    fact: str
    item: str
    action: str
    level: str
    urgency: str
    stand: str
    says: str
    parts: tuple[Part, ...]
    technical: str
    owner: str
    rule: str
    first_seen_at: float
    opened_at: float | None
    changed_at: float | None
    closed_at: float | None
    closing: str
    flapping: bool
    security: bool
    cause: str
    because: str
    children: int
    planned: str
    beside: str = ""  # the planned change in whose time it came, without being part of it
    policy: str = ""
    pull: str = ""  # the pull request in which its approval waits for the merge
    pull_url: str = ""
    acknowledged_by: str
    assignee: str
    rejected_by: str
    ignored_until: float | None
    ignored_by: str = ""  # id of the ignore
    ignored_day: str = ""  # its last
    place: str = ""  # integration/kind/scope/key/fact, as patterns name it
    answer: str = ""  # of whoever made it, by a link: mine, or not mine
    answer_ticket: str = ""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What to list. Empty means any; `text` is looked for in sentence, path and id; `cause` is the id of the finding
    under which it hangs, `planned` and `beside` that of the planned change it is part of, or came beside. Roots only
    unless `children`, or for one cause or plan; without what a policy will approve unless `policy`, or for a plan."""

    stand: Stand = "open"
    integration: str = ""
    vendor: str = ""
    environment: str = ""
    class_: str = ""
    owner: str = ""
    level: str = ""
    kind: str = ""
    source: str = ""
    text: str = ""
    cause: str = ""
    planned: str = ""
    beside: str = ""
    children: bool = False
    policy: bool = False


class Page(msgspec.Struct, frozen=True):
    items: tuple[FindingRow, ...]
    total: int
    number: int
    size: int
    counts: Counts

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


class KindMark(msgspec.Struct, frozen=True):
    """State of one kind in one integration. `seen` is the share of its scopes read completely; `words` say how it was
    read: `partial, last complete 40 min ago`, `denied`, `not observable here`."""

    kind: str
    mark: Mark
    count: int = 0
    seen: float = 1.0
    words: str = ""


class SystemRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    title: str
    vendor: str
    environment: str
    class_: str
    owner: str
    tier: str
    mark: Mark
    seen: Mark  # how it was read, whatever drifted
    kinds: tuple[KindMark, ...]
    counts: Counts
    scopes: int
    complete: int
    coverage: float  # 0..1, share of known scopes read completely
    unwatched: int
    fresh: int  # new objects that no watch rule names
    account: str
    account_name: str
    read_at: float | None
    ok_at: float | None
    next_at: float | None
    failures: int
    proposals: int
    problem: str  # why it is blind, in one sentence; "" when it is not
    budget: float | None = None  # share of the vendor's quota used, 0..1


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    stack: str
    state: str
    at: float
    started_at: float
    cycle_at: float | None
    next_at: float | None
    scopes: int
    complete: int
    proposals: int
    counts: Counts
    needs_you: tuple[FindingRow, ...]  # the worst of them
    waiting: int  # how many need somebody
    systems: tuple[SystemRow, ...]
    suspected: int
    held: int
    ignored: int
    fresh: int = 0  # new objects that no watch rule names
    partly: int = 0  # flows of which a part cannot be judged
    policy: int = 0  # how many wait for a standing approval, or for the record watch
    problems: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """One reason of a verdict; `level` is the level after it."""

    step: str
    words: str
    level: str


class Hurt(msgspec.Struct, frozen=True):
    via: str
    target: str
    words: str


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """One event. `number` is its place in the log."""

    number: int
    type: str
    at: float
    finding: str
    integration: str
    by: str
    words: str
    says: str
    level: str
    told: bool
    closing: str = ""
    until: float | None = None


class ReadFrom(msgspec.Struct, frozen=True):
    """Where and when the scope was read, and how completely."""

    read: str
    state: str
    reason: str
    read_at: float | None
    good_at: float | None
    pages: int
    rows: int
    needs: tuple[str, ...]
    words: str  # the state with its age, for people


class Choice(msgspec.Struct, frozen=True):
    """One possible decision, with what it will do."""

    kind: str
    title: str
    will: str
    needs_reason: bool = False
    needs_until: bool = False
    needs_assignee: bool = False
    needs_correction: bool = False
    needs_ticket: bool = False


class Origin(msgspec.Struct, frozen=True):
    """How the baseline's value came to be: captured, approved or policy; by whom, in which commit."""

    how: str
    by: str = ""
    at: float | None = None
    sha: str = ""


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """Who did it. `how`: named, last or alone, which `sure` says in words; `unknown`: why nobody can say, and then all
    else is empty. `action` is the vendor's word."""

    by: str = ""
    at: float | None = None
    how: str = ""
    sure: str = ""
    action: str = ""
    unknown: str = ""


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """One finding in full."""

    row: FindingRow
    before: Any
    after: Any
    diff: tuple[DiffRow, ...]
    chain: tuple[Step, ...]
    question: str
    steps: tuple[str, ...]
    reach: tuple[Hurt, ...]
    who: Author | None
    evidence: Mapping[str, str]
    link: str
    read_from: ReadFrom | None
    origin: Origin | None
    choices: tuple[Choice, ...]
    children: tuple[FindingRow, ...]
    parent: FindingRow | None
    history: tuple[Happened, ...]
    place: Place
    silenced: tuple[Silenced, ...] = ()  # in Alertmanager, as read back last
    asking: Asking | None = None  # how far the question to its maker is; None where there is nobody to ask


class Proposal(msgspec.Struct, frozen=True):
    """Something the baseline never covered. It is no drift; a person may capture it. `pull`: where that is proposed
    already, and waits for the merge; `pull_url`: its address."""

    integration: str
    title: str
    kind: str
    scope: str
    words: str
    good_at: float | None
    state: str
    pull: str = ""
    pull_url: str = ""


class Look(msgspec.Struct, frozen=True):
    """One line of the first look. `level` as of findings; `where` is a path a person can search for."""

    section: str
    level: str
    integration: str
    where: str
    words: str
    action: str = ""


class FirstLook(msgspec.Struct, frozen=True):
    at: float
    lines: tuple[Look, ...]
    sections: tuple[str, ...]
    unread: tuple[str, ...]  # scopes whose last facts could not be loaded, said rather than skipped


class IgnoreRow(msgspec.Struct, frozen=True, kw_only=True):
    """One ignore. `state`: in force, lapsing, unused, over or malformed; `holds` counts what it hides now, `hits` how
    often it began to; `until` is its last day as its file has it."""

    id: str
    integration: str
    pattern: str
    source: str
    state: str
    until: str
    reason: str
    owner: str
    ticket: str
    any_value: bool
    holds: int
    hits: int
    last_at: float | None
    file: str


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One read, for the coverage page. `good_at`: when the oldest of its scopes was complete, said in `words`."""

    integration: str
    read: str
    state: str
    reason: str
    code: str
    at: float
    pages: int
    rows: int
    claimed: int | None
    good_at: float | None = None
    words: str = ""
