"""The tables of the state store. The store holds who decided and what was seen; git holds what is approved.

Change a table here, then write a migration beside it (`migrations/versions`); a test holds the two equal. Instants are
epoch seconds UTC, documents are JSON made by msgspec, digests are 16 bytes.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from .columns import at as _at
from .columns import count as _count
from .columns import doc as _doc
from .columns import facet as _facet
from .columns import maybe_at as _maybe_at
from .columns import metadata
from .columns import words as _text
from .packing import Document, Packed

HEAD: Final = "0023"  # the newest migration; a test holds it true, so that opening a current store needs no Alembic

meta = Table("meta", metadata, Column("name", Text, primary_key=True), _doc("value"))
flag = Table("flag", metadata, Column("name", Text, primary_key=True), _text("value"))

content = Table(
    "content",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    _at("stored_at"),
    Column("bytes", Packed, nullable=False),
)  # stored_at before bytes, so that reading it does not walk the pages of a large body
last = Table(
    "last",
    metadata,
    _text("integration"),
    _text("kind"),
    _text("scope"),
    _text("read"),
    Column("digest", LargeBinary, nullable=False),
    Column("good_digest", LargeBinary, nullable=False),
    _maybe_at("good_at"),
    _at("read_at"),
    _count("reading"),
    _count("rows"),
    _text("source"),
    _text("link"),
    _doc(),
    PrimaryKeyConstraint("integration", "kind", "scope"),
)
memo = Table(
    "memo",
    metadata,
    _text("integration"),
    _text("read"),
    _doc("bytes"),
    Column("rows", LargeBinary, nullable=False, server_default=text("x''")),
    PrimaryKeyConstraint("integration", "read"),
)
reading = Table(
    "reading",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _text("integration"),
    _at("started_at"),
    _at("ended_at"),
    _text("outcome"),
    _text("reason"),
    _doc("requests"),
    Column("listings", Text, nullable=False, server_default=text("''")),  # names with spaces between
    Index("reading_by_integration", "integration", "id"),
    Index("reading_by_end", "integration", "ended_at"),
    sqlite_autoincrement=True,
)
vantage = Table("vantage", metadata, Column("integration", Text, primary_key=True), _at("read_at"), _doc())
proposal = Table(
    "proposal",
    metadata,
    _text("integration"),
    _text("kind"),
    _text("scope"),
    _text("what"),
    _at("at"),
    PrimaryKeyConstraint("integration", "kind", "scope"),
)

event = Table(
    "event",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    _at("at"),
    _text("type"),
    _text("finding"),
    _text("subject"),
    Column("told", Boolean, nullable=False),
    Column("data", Document, nullable=False),
    _facet("integration"),
    _facet("kind"),
    _facet("source"),
    _facet("owner"),
    Index("event_by_finding", "finding", "seq"),
    Index("event_by_at", "at"),
    Index("event_by_integration", "integration", "at"),
    Index("event_by_owner", "owner", "at"),
    Index("event_by_type", "type", "at"),
    Index("event_by_kind", "kind", "at"),
    Index("event_by_source", "source", "at"),
    sqlite_autoincrement=True,
)
finding = Table(
    "finding",
    metadata,
    Column("id", Text, primary_key=True),
    _text("subject"),
    _text("phase"),
    _count("level"),
    _maybe_at("closed_at"),
    Column("data", Document, nullable=False),
    Index("finding_by_phase", "phase"),
)
opening = Table(  # the times in which findings were open, for figures; made of events alone
    "opening",
    metadata,
    _text("finding"),
    _at("opened_at"),
    _text("integration"),
    _text("kind"),
    _text("source"),
    _count("level"),
    _text("owner"),
    Column("root", Boolean, nullable=False),
    Column("quiet", Boolean, nullable=False),
    _maybe_at("since"),
    _maybe_at("changed_at"),
    _maybe_at("answered_at"),
    _maybe_at("closed_at"),
    _text("closing"),
    PrimaryKeyConstraint("finding", "opened_at"),
    Index("opening_by_opened", "opened_at"),
    Index("opening_by_closed", "closed_at"),
)
watched = Table(  # the times in which each integration was read as it should be; made of readings alone
    "watched",
    metadata,
    _text("integration"),
    _at("since"),
    _at("until"),
    _at("seen"),
    _doc("reasons"),
    PrimaryKeyConstraint("integration", "since"),
)
sample = Table(
    "sample",
    metadata,
    _text("integration"),
    _text("scope"),
    _text("key"),
    _at("at"),
    _doc(),
    PrimaryKeyConstraint("integration", "scope", "key", "at"),
    Index("sample_by_at", "at"),
)
run = Table(  # of a sync, told apart by when they ended
    "run",
    metadata,
    _text("integration"),
    _text("scope"),
    _text("key"),
    _at("ended"),
    _doc(),
    PrimaryKeyConstraint("integration", "scope", "key", "ended"),
)
sample_day = Table(  # the same by the hour, the hours of a day together
    "sample_day",
    metadata,
    _text("integration"),
    _text("scope"),
    _text("key"),
    _at("day"),
    Column("hours", Packed, nullable=False),
    PrimaryKeyConstraint("integration", "scope", "key", "day"),
)

decision = Table(
    "decision",
    metadata,
    Column("uuid", Text, primary_key=True),
    _text("kind"),
    _text("state"),
    _text("integration"),
    _text("by"),
    _at("at"),
    _text("sha"),
    _text("ref_seen"),
    Column("data", Document, nullable=False),
    Index("decision_by_state", "state", "at"),
    Index("decision_by_at", "at"),
)
origin = Table(
    "origin",
    metadata,
    _text("integration"),
    _text("kind"),
    _text("scope"),
    _text("key"),
    _text("fact"),
    _text("how"),
    _text("sha"),
    _text("by"),
    _at("at"),
    PrimaryKeyConstraint("integration", "kind", "scope", "key", "fact"),
    Index("origin_by_at", "integration", "at"),
)
trail = Table(
    "trail",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    _at("at"),
    _text("who"),
    _text("what"),
    _text("subject"),
    _doc(),
    Column("before_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("decision", Text, nullable=False, server_default=text("''")),
    Index("trail_by_decision", "decision", "seq"),
    Index("trail_by_at", "at"),
    sqlite_autoincrement=True,
)
outbox = Table(
    "outbox",
    metadata,
    Column("key", Text, primary_key=True),
    _text("target"),
    _text("subject"),
    _text("what"),
    _at("at"),
    _at("due"),
    _text("state"),
    _count("tries"),
    _text("fault"),
    _doc("body"),
    Index("outbox_by_due", "state", "due"),
)
told = Table("told", metadata, Column("finding", Text, primary_key=True), _doc())  # to people, of its state

ask = Table(  # whoever made a change is asked by a link, of which only the hash is here; one that counts for a finding
    "ask",
    metadata,
    Column("finding", Text, primary_key=True),
    _text("hash"),
    _text("fingerprint"),
    _text("who"),
    _text("by"),
    _at("at"),
    _at("expires"),
    Index("ask_by_hash", "hash"),
)

lease = Table("lease", metadata, Column("name", Text, primary_key=True), _text("owner"), _count("token"), _at("until"))
quota = Table(
    "quota", metadata, _text("integration"), _text("day"), _count("used"), PrimaryKeyConstraint("integration", "day")
)
person = Table("person", metadata, Column("pseudonym", Text, primary_key=True), _text("name"))
api_token = Table(
    "api_token",
    metadata,
    Column("hash", Text, primary_key=True),
    _text("name"),
    _text("role"),
    _at("created"),
    _maybe_at("expires"),
    _maybe_at("last_used"),
    Column("teams", Text, nullable=False, server_default=text("''")),  # names with spaces between
    Column("made_by", Text, nullable=False, server_default=text("''")),  # pseudonyms with spaces between
    Column("member", Text, nullable=False, server_default=text("''")),  # whose right it ends with
    Column("sealed", LargeBinary, nullable=True),
)
member = Table(
    "member",
    metadata,
    Column("id", Text, primary_key=True),
    _text("source"),
    _text("name"),
    _text("folded"),
    _at("first"),
    _at("last"),
    _doc("groups"),
)
answered = Table(  # to requests with an Idempotency-Key, which is here as a hash only
    "answered",
    metadata,
    Column("id", Text, primary_key=True),
    _text("request"),
    _at("at"),
    _count("status"),
    _text("media"),
    Column("body", LargeBinary, nullable=True),
    Index("answered_by_at", "at"),
)
delivery = Table("delivery", metadata, Column("mark", LargeBinary, primary_key=True), _at("at"))  # that vendors pushed
alert = Table("alert", metadata, Column("key", Text, primary_key=True), _doc())  # that was pushed
attested = Table(
    "attested", metadata, Column("integration", Text, primary_key=True), _count("number"), _at("at"), _text("by"),
    Column("body", LargeBinary, nullable=False), _maybe_at("beat_at"), _text("beat_by"),
)  # fmt: skip
trouble = Table(  # of vendors, by their own word; what lasts has no `until`
    "trouble", metadata, _text("integration"), _at("since"), _maybe_at("until"), _text("state"), _text("says"),
    PrimaryKeyConstraint("integration", "since"),
)  # fmt: skip
rotating = Table("rotating", metadata, Column("integration", Text, primary_key=True), _text("state"), _at("at"), _doc())

BY_INTEGRATION: Final = (
    last, memo, reading, watched, vantage, proposal, sample, sample_day, run, origin, quota, rotating,
    attested, trouble,
)  # fmt: skip
