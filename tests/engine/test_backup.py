"""A stack is backed up while it runs and brought back elsewhere: what was decided is there, and nothing is new."""

from __future__ import annotations

import asyncio
import hashlib
import io
import sqlite3
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
import pytest_asyncio

from monitor import cli
from monitor.adapters import backup, restore
from monitor.adapters.store import Store
from monitor.adapters.tokens import TokenKeyError, Tokens, new_key
from monitor.config import load
from monitor.core.model import Phase
from monitor.demo.play import Player
from monitor.demo.stage import Stage
from monitor.engine.auditing import verify
from monitor.engine.opening import open_engine
from probes.kit.clock import ManualClock

from .conftest import World, captured

pytestmark = pytest.mark.asyncio(loop_scope="module")
CRM = "salesforce-prod"


class Kept:
    """A running stack with a decision, an open finding and things that wait to be sent; `file` was taken of it."""

    def __init__(self, world: World, file: Path, key: str) -> None:
        self.world, self.file, self.key = world, file, key
        self.found = standing(world.engine)

    async def run(self, *arguments: str) -> int:
        return await asyncio.to_thread(cli.run, arguments)


def standing(engine: Any) -> dict[str, tuple[Phase, str]]:
    return {id: (one.phase, one.claim.fingerprint) for id, one in engine.ledger.findings.items()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kept(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("backup")
    async with captured(folder / "demo") as world:
        world.salesforce.alter_field(object="Lead", name="Score__c", precision=4)
        await world.player.round()
        (found,) = world.open(key="Score__c", fact="precision")
        await world.decide("approve", found)
        await world.engine.commit_decisions()
        world.salesforce.alter_field(object="Lead", name="Score__c", precision=6)
        await world.player.round()
        key = new_key()
        tokens = await Tokens.open(world.engine.store, [key], world.clock)
        await tokens.save(CRM, {"refresh_token": "once-only"})
        tamper(world.engine.config.state / "state.db",
               "INSERT INTO outbox VALUES ('k', 'mail', 'f', 'opened', 1.0, 1.0, 'waiting', 0, '', x'7b7d')",
               "INSERT INTO told VALUES ('f', x'7b7d')",
               "INSERT INTO flag VALUES ('notify/began', '1')",
               "INSERT INTO alert VALUES ('a', x'7b7d')")  # fmt: skip
        (world.stack / "config" / "key.pem").write_text("a private key")
        made = Kept(world, folder / "acme.tar.gz", key)
        assert await made.run("backup", str(made.file), "--stack", str(world.stack)) == 0
        yield made


def tamper(store: Path, *statements: str) -> None:
    with closing(sqlite3.connect(store)) as one, one:
        for statement in statements:
            one.execute(statement)


def rows(store: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(store)) as one:
        return one.execute(statement).fetchall()


async def test_a_restored_stack_has_what_was_decided_and_its_next_poll_finds_nothing_new(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "new"
    monkeypatch.chdir(tmp_path)
    assert await kept.run("restore", str(kept.file), "--stack", "new") == 0
    config = await asyncio.to_thread(load, place / "config")
    assert config.state.stat().st_mode & 0o077 == 0
    clock = ManualClock(kept.world.clock.now(), leap=True)
    async with open_engine(config, clock) as engine:
        await engine.fetch()
        assert not engine.push_fault
        assert standing(engine) == kept.found and engine.baselines.seen == kept.world.engine.baselines.seen
        checked = await verify(engine)
        assert (checked.problems, checked.unknown, checked.good) == ((), (), True)
        assert checked.entries > 0 and checked.commits > 0
        await Player(engine, Stage(kept.world.stage.accounts, config), clock).round()
        assert standing(engine) == kept.found


async def test_a_token_of_the_machine_that_was_lost_is_not_used_and_nothing_is_sent_twice(
    kept: Kept, tmp_path: Path
) -> None:
    assert await kept.run("restore", str(kept.file), "--stack", str(tmp_path)) == 0
    store = tmp_path / "var" / "state.db"
    assert rows(store, "SELECT state, data FROM rotating") == [("restored", b"")]
    assert rows(store, "SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM alert)") == [(0, 0)]
    left = "SELECT (SELECT count(*) FROM told), (SELECT count(*) FROM flag WHERE name LIKE 'notify/%')"
    assert rows(store, left) == [(0, 0)]
    assert rows(kept.world.engine.config.state / "state.db", "SELECT count(*) FROM outbox") == [(1,)]
    opened = await Store.open(tmp_path / "var", kept.world.clock)
    try:
        tokens = await Tokens.open(opened, [kept.key], kept.world.clock)
        with pytest.raises(TokenKeyError, match=f"driftline authorize {CRM} --again"):
            await tokens.load(CRM)
        await tokens.forget(CRM)
        await tokens.save(CRM, {"refresh_token": "anew"})
        assert await tokens.load(CRM) == {"refresh_token": "anew"}
    finally:
        await opened.close()


def members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]


async def test_the_archive_is_of_its_owner_alone_and_has_no_credential(kept: Kept) -> None:
    assert stat.S_IMODE(kept.file.stat().st_mode) == 0o600
    inside = members(kept.file)
    made = msgspec.json.decode(inside["manifest.json"], type=backup.Manifest)
    assert made.files == {
        name: hashlib.sha256(raw).hexdigest() for name, raw in inside.items() if name != "manifest.json"
    }
    assert (made.schema, made.state, made.here) == (
        backup.revision(kept.world.engine.config.state / "state.db"),
        "var",
        True,
    )
    assert "config/key.pem" not in inside and f"config/integrations/{CRM}.yaml" in inside
    (sealed,) = rows(kept.world.engine.config.state / "state.db", "SELECT data FROM rotating")[0]
    assert sealed and sealed not in inside["state.db"] and kept.key.encode() not in b"".join(inside.values())
    assert b"${env:" in inside[f"config/integrations/{CRM}.yaml"]


async def test_a_backup_replaces_nothing_and_leaves_nothing_behind(
    kept: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    before = kept.file.read_bytes()
    assert await kept.run("backup", str(kept.file), "--stack", str(kept.world.stack)) == 2
    assert "is there already" in capsys.readouterr().err
    assert kept.file.read_bytes() == before
    assert sorted(one.name for one in kept.file.parent.iterdir()) == ["acme.tar.gz", "demo"]


async def test_a_folder_that_is_not_empty_is_left_as_it_is(
    kept: Kept, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("mine")
    assert await kept.run("restore", str(kept.file), "--stack", str(tmp_path)) == 2
    assert f"{tmp_path} is not empty: it has mine" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]


def altered(change: Callable[[dict[str, bytes]], Any]) -> Callable[[Path, Path], None]:
    def write(source: Path, target: Path) -> None:
        inside = members(source)
        more = change(inside) or []
        with tarfile.open(target, "w:gz") as tar:
            for name, raw in [*inside.items(), *more]:
                entry = tarfile.TarInfo(name)
                entry.size = len(raw)
                tar.addfile(entry, io.BytesIO(raw))

    return write


def manifest(**fields: Any) -> Callable[[dict[str, bytes]], None]:
    def change(inside: dict[str, bytes]) -> None:
        inside["manifest.json"] = msgspec.json.encode({**msgspec.json.decode(inside["manifest.json"]), **fields})

    return change


def linked(source: Path, target: Path) -> None:
    with tarfile.open(target, "w:gz") as tar:
        entry = tarfile.TarInfo("state.db")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(entry)


def damages() -> Iterator[tuple[str, Callable[[Path, Path], None], str]]:
    yield "newer", altered(manifest(schema="9999")), r"revision 9999, which this release does not know"
    yield "climbs out", altered(lambda inside: inside.update({"../out.yaml": b""})), r"'\.\./out\.yaml'"
    yield "absolute", altered(lambda inside: inside.update({"/etc/out.yaml": b""})), r"out\.yaml', which no backup has"
    yield "inside config", altered(lambda inside: inside.update({"config/../../o.yaml": b""})), r"which no backup has"
    yield "unknown member", altered(lambda inside: inside.update({"config/more.yaml": b""})), r"not what was backed up"
    yield "a link", linked, r"'state\.db', which no backup has"
    yield "twice", altered(lambda inside: [("state.db", inside["state.db"])]), r"'state\.db' twice"
    yield (
        "changed",
        altered(lambda inside: inside.update({"state.db": b"other"})),
        r"'state\.db' is missing or not what",
    )
    yield "lost", altered(lambda inside: inside.pop("baselines.bundle") and None), r"'baselines\.bundle' is missing"
    yield "no manifest", altered(lambda inside: inside.pop("manifest.json") and None), r"manifest\.json cannot be read"
    yield "another form", altered(manifest(form=2)), r"its form is 2"
    yield "state outside", altered(manifest(state="../var")), r"outside the stack"
    yield "other commits", altered(manifest(refs={"refs/heads/main": "0" * 40})), r"other commits"
    yield "cut off", lambda source, target: target.write_bytes(source.read_bytes()[:-3000]) and None, r"cut off"
    yield "no archive", lambda source, target: target.write_text("hello") and None, r"is no backup"


@pytest.mark.parametrize(("damage", "said"), [one[1:] for one in damages()], ids=[one[0] for one in damages()])
async def test_an_archive_that_is_not_as_it_was_made_restores_nothing(
    damage: Callable[[Path, Path], None], said: str, kept: Kept, tmp_path: Path
) -> None:
    other, place = tmp_path / "other.tar.gz", tmp_path / "new"
    damage(kept.file, other)
    with pytest.raises((backup.BackupError, restore.SchemaError), match=said):
        await asyncio.to_thread(restore.restore, other, place)
    assert not place.exists() and [one.name for one in tmp_path.iterdir()] == ["other.tar.gz"]


async def test_a_commit_during_the_copy_makes_it_begin_again(kept: Kept, tmp_path: Path) -> None:
    """Else the store would be of before a decision, and the clone of after it."""
    real, seen = backup._refs, []

    async def moving(git: Any) -> dict[str, str]:
        seen.append(1)
        return {**await real(git), "refs/driftline/x": str(len(seen))} if len(seen) <= still else await real(git)

    config = kept.world.engine.config
    for still, copies in ((2, True), (10**6, False)):
        seen.clear()
        with patch.object(backup, "_refs", moving):
            work = asyncio.to_thread(backup.back_up, config.folder, config.service, tmp_path / f"{still}.gz", 1.0)
            if copies:
                made = await work
                assert "refs/driftline/x" not in made.refs and len(seen) > 2
            else:
                with pytest.raises(backup.BackupError, match="try again"):
                    await work
    assert [one.name for one in tmp_path.iterdir()] == ["2.gz"]
