"""What the store keeps, as values: the rows that are not already types of the core or the kit. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Literal

import msgspec

from monitor.core.accept import Edit
from probes.kit.contract import Coverage, Parent, Ref


class Last(msgspec.Struct, frozen=True, kw_only=True):
    """The newest reading of a scope. `digest` names the body stored last (the one `same` and `whole` speak of);
    `good_digest` the last complete one, read at `good_at`. b"" means there is none."""

    integration: str
    ref: Ref
    read: str
    coverage: Coverage
    read_at: float
    reading: int
    digest: bytes = b""
    good_digest: bytes = b""
    good_at: float | None = None
    rows: int = 0
    parent: Parent | None = None
    needs: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    source: str = ""
    link: str = ""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One finished poll of an integration. `outcome`: ok, partial or failed; `requests` counts by outcome class;
    `listings` that were read, of a poll that was no second look."""

    id: int
    integration: str
    started_at: float
    ended_at: float
    outcome: str
    requests: Mapping[str, int] = {}
    reason: str = ""
    listings: tuple[str, ...] = ()


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """How a fact came into the baseline. `key` and `fact` empty: the whole scope; `fact` empty: the whole resource.
    The finest row that matches is the one that counts."""

    integration: str
    ref: Ref
    key: str = ""
    fact: str = ""
    how: str
    sha: str
    by: str
    at: float


class DecisionState(StrEnum):
    WAITING = "waiting"  # for a second person; nothing of it is done
    WITHDRAWN = "withdrawn"  # by whoever asked for it, before a second person agreed
    DECLINED = "declined"  # by a second person
    LAPSED = "lapsed"  # nobody came in time
    QUEUED = "queued"  # stored, not yet in git
    COMMITTED = "committed"  # in our clone, not yet at the remote
    PROPOSED = "proposed"  # in an open pull request
    PUSHED = "pushed"
    CONFLICTED = "conflicted"  # the baseline holds neither the expected before nor the after
    ALREADY = "already"  # the baseline said so before we came
    UNMERGED = "unmerged"  # its pull request was closed, merged without it, or something later took its place


class Pull(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request of ours: the proposals of one integration. `generation` counts those that it had. `state`: open
    until it is merged or closed. `number` 0: not opened yet. `pushed`: the commit that the remote has of its branch;
    `told`: a digest of what the forge was told; `etag`: of its last answer; `merged`: the commit by which the forge
    says that it was; `by`: the pseudonym of who merged or closed it; `ours`: commits that we made on its
    branch, merges among them."""

    integration: str
    generation: int
    branch: str
    state: Literal["open", "merged", "closed"] = "open"
    number: int = 0
    url: str = ""
    pushed: str = ""
    told: str = ""
    etag: str = ""
    merged: str = ""
    by: str = ""
    ours: tuple[str, ...] = ()


NOTHING_DONE: Final = (DecisionState.CONFLICTED, DecisionState.WITHDRAWN, DecisionState.DECLINED, DecisionState.LAPSED,
                       DecisionState.UNMERGED)  # fmt: skip


class Capture(msgspec.Struct, frozen=True):
    """A whole scope taken as found: `digest` (hex) names its body in the content table; empty: its file goes. `before`
    is the hex digest of the baseline file as the person saw it; empty when there was none."""

    ref: Ref
    digest: str
    before: str = ""


class FileWrite(msgspec.Struct, frozen=True):
    """Any other file of the baselines repository, by its path there. None means that the file is absent."""

    path: str
    before: str | None
    after: str | None


class Work(msgspec.Struct, frozen=True):
    """What a decision writes into git: facts (compare-and-set), whole scopes, other files. Empty: nothing."""

    edits: tuple[Edit, ...] = ()
    captures: tuple[Capture, ...] = ()
    files: tuple[FileWrite, ...] = ()


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """That a decision takes two people. `findings` are those because of which, `places` what else
    (integration/kind/scope, or a file); `owners` are the teams whose members alone may decide it, none: any reviewer.
    `one` is the first person as pseudonyms, `made_by` those of whoever made what they signed in with. `until`: then it
    lapses."""

    findings: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    one: tuple[str, ...] = ()
    made_by: tuple[str, ...] = ()
    until: float


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A durable answer of a person or a policy. `uuid` is the client's own, so that a repeated request is one row.

    `findings` maps finding ids to the fingerprints decided on; `ref_seen` is the commit that was on the page;
    `sha` is the commit it led to; `note` says what conflicted. `how` is the origin its facts get. `policies` maps
    `branch` is the one of ours on which it was proposed, and `pull` how the forge calls that. `policies` maps
    findings to the policy that took each; `undoes` is the decision that this one takes back; `replaced` are the origins
    that its facts had before; `correction` is "noise" or "worse" where somebody says that a rule misjudged; `waits` is
    there where it takes two people, `answered_by` is the second one, who confirmed or declined it at `answered_at`;
    `asked` is a digest of the request, so that another one under its uuid is told from the same one again.
    """

    uuid: str
    kind: str
    by: str
    at: float
    integration: str = ""
    state: DecisionState = DecisionState.QUEUED
    via: str = ""
    reason: str = ""
    ticket: str = ""
    until: float | None = None
    assignee: str = ""
    findings: Mapping[str, str] = {}
    message: str = ""
    how: Literal["captured", "approved", "policy"] = "approved"
    policies: Mapping[str, str] = {}
    undoes: str = ""
    replaced: tuple[Origin, ...] = ()
    correction: str = ""
    ref_seen: str = ""
    work: Work = Work()
    sha: str = ""
    note: str = ""
    waits: Waits | None = None
    answered_by: str = ""
    answered_at: float | None = None
    branch: str = ""
    pull: str = ""
    pull_url: str = ""
    asked: str = ""


class TrailEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit trail. `hash` chains it to the line before (SHA-256); seq, hashes and `decision`, which
    `data` names too, are the store's."""

    at: float
    who: str
    what: str
    subject: str = ""
    data: Mapping[str, Any] = {}
    seq: int = 0
    decision: str = ""
    before_hash: bytes = b""
    hash: bytes = b""


class ApiToken(msgspec.Struct, frozen=True, kw_only=True):
    """`hash` is the hex SHA-256 of the token; the token itself is nowhere. `teams` are those that its holder acts for;
    `made_by` are the pseudonyms of whoever made it, and made what it was made with; `member` is the person whose right
    it ends with; `sealed` is what only who holds the token itself can open."""

    hash: str
    name: str
    role: str
    created: float
    expires: float | None = None
    last_used: float | None = None
    teams: tuple[str, ...] = ()
    made_by: tuple[str, ...] = ()
    member: str = ""
    sealed: bytes | None = None


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """One hour of samples of one sync: how many of each state, and the worst and newest values."""

    hour: float
    states: Mapping[str, int]
    succeeded_at: float | None = None
    failed_at: float | None = None
    rows_failed: int | None = None
    lag: float | None = None
