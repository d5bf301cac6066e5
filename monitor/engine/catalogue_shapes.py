"""What the catalogue gives to pages, API and terminal. Times are epoch seconds UTC."""

from __future__ import annotations

import msgspec

from .shapes import FindingRow, Happened, Mark


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `why`: how it fits, in words; `value`: the value by which it does, where it is one. `key` is empty where
    the scope itself is called so. `words`: how whole its scope was read last; `good_at`: when it was, the last time
    that it was whole."""

    integration: str
    kind: str
    scope: str
    key: str
    name: str
    label: str
    why: str
    value: str
    words: str
    good_at: float | None


class Group(msgspec.Struct, frozen=True):
    """What one system has of it: the best of `count`."""

    integration: str
    title: str
    count: int
    items: tuple[Found, ...]


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """Of a search. `total` counts every row that fits, `systems` those that have any; `groups` are the first of them.
    `behind`: scopes that could not be looked through yet. `next`: the cursor of the page after this one, of a search
    in one system. `refused`: why nothing was looked for."""

    query: str
    total: int = 0
    systems: int = 0
    groups: tuple[Group, ...] = ()
    others: tuple[Group, ...] = ()
    behind: int = 0
    scopes: int = 0
    next: str = ""
    refused: str = ""


class ScopeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One scope in the list of a system."""

    integration: str
    kind: str
    scope: str
    rows: int
    mark: Mark
    words: str
    good_at: float | None
    captured: bool


class Scopes(msgspec.Struct, frozen=True):
    """Of one system, by kind and name."""

    integration: str
    title: str
    total: int
    items: tuple[ScopeRow, ...]
    next: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a dictionary. `facts` are those that say something, in words, by their names; `definitions`: meanings
    that are kept here; `open`: how many findings are open on it."""

    key: str
    name: str
    label: str
    type: str
    facts: tuple[tuple[str, str], ...]
    definitions: tuple[str, ...]
    feeds: int
    fed: int
    open: int


class Dictionary(msgspec.Struct, frozen=True, kw_only=True):
    """One scope, as it was read whole last."""

    scope: ScopeRow
    title: str
    total: int
    items: tuple[Entry, ...]
    link: str
    next: str = ""


class Blame(msgspec.Struct, frozen=True, kw_only=True):
    """Who approved what stands in the baseline. `how`: captured, approved, policy, or outside for a commit that is not
    ours; `decision`, `ticket` and `reason` are those of the decision that led to the commit."""

    how: str
    sha: str
    at: float
    by: str = ""
    decision: str = ""
    ticket: str = ""
    reason: str = ""
    policy: str = ""


class FactRow(msgspec.Struct, frozen=True, kw_only=True):
    """One fact. `approved` is empty and `covered` false where the baseline does not know it."""

    name: str
    says: str
    now: str
    approved: str
    same: bool
    covered: bool
    blame: Blame | None
    findings: tuple[str, ...]


class Means(msgspec.Struct, frozen=True):
    """A definition that is kept here."""

    name: str
    meaning: str
    value: str
    elsewhere: tuple[str, ...]


class Feed(msgspec.Struct, frozen=True):
    """One mapped pair of a flow: to or from `integration`/`scope`/`key`, which may be no row that is read here."""

    flow: str
    integration: str
    scope: str
    key: str
    values: tuple[tuple[str, str], ...]


class User(msgspec.Struct, frozen=True):
    by: str
    does: str
    where: str


class Holder(msgspec.Struct, frozen=True):
    """A permission set, profile or user, and what it may do with the field."""

    name: str
    read: bool
    edit: bool


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One row in full. `there`: whether it is in what was read last; `unseen`: why there may be users that nobody sees;
    `rights`: why nobody can say who may read and edit it, empty where `holders` is all there is."""

    scope: ScopeRow
    title: str
    key: str
    name: str
    label: str
    there: bool
    link: str
    file: str
    line: int
    facts: tuple[FactRow, ...]
    definitions: tuple[Means, ...]
    into: tuple[Feed, ...]
    out: tuple[Feed, ...]
    users: tuple[User, ...]
    unseen: str
    holders: tuple[Holder, ...]
    more_holders: int
    rights: str
    open: tuple[FindingRow, ...]
    approvals: tuple[Blame, ...]
    unblamed: str
    history: tuple[Happened, ...]
