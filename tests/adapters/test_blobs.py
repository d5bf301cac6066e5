"""What was read of git once is not asked for again while there is room for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from pathlib import Path

import pytest

from monitor.adapters.blobs import Blobs
from monitor.adapters.git import Git, GitError


class Counted(Git):
    """Says what was asked of git."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: list[str] = []

    async def run(self, *arguments: str, **more: object) -> bytes:
        if arguments[0] == "cat-file":
            self.asked.append(arguments[-1])
        return await super().run(*arguments, **more)  # type: ignore[arg-type]

    async def blobs(self, ids: Iterable[str]) -> AsyncGenerator[tuple[str, bytes], None]:
        wanted = list(ids)
        self.asked += wanted
        async for one in super().blobs(wanted):
            yield one


@pytest.fixture
async def git(tmp_path: Path) -> Counted:
    made = Counted(tmp_path / "bare.git")
    await made.run("init", "--quiet", "--bare", str(made.folder))
    return made


async def write(git: Git, *contents: bytes) -> list[str]:
    return [(await git.run("hash-object", "-w", "--stdin", stdin=one)).decode().strip() for one in contents]


async def read(blobs: Blobs, ids: list[str]) -> list[bytes]:
    found = [one async for one in blobs.each(ids)]
    assert [id for id, _ in found] == ids
    return [raw for _, raw in found]


async def test_a_blob_is_asked_for_once_alone_and_among_others(git: Counted) -> None:
    a, b, c = ids = await write(git, b"a" * 1000, b"b" * 1000, b"")
    blobs = Blobs(git)
    assert await blobs.one(b) == b"b" * 1000 == await blobs.one(b)
    assert await read(blobs, [a, b, c, a]) == [b"a" * 1000, b"b" * 1000, b"", b"a" * 1000]
    assert git.asked == [b, a, c]
    assert await read(blobs, ids) == [b"a" * 1000, b"b" * 1000, b""] and git.asked == [b, a, c]
    assert 0 < blobs.used < 200, "it is kept packed"


async def test_what_was_asked_for_longest_ago_gives_way_and_what_is_large_is_not_kept(git: Counted) -> None:
    small = await write(git, *(bytes([n]) * 40 for n in range(40)))
    large = bytes(range(256)) * 2
    (big,) = await write(git, large)
    blobs = Blobs(git, room=400)
    for id in small:
        await blobs.one(id)
    assert blobs.used <= 400
    assert await read(blobs, [*small, big, big]) == [*(bytes([n]) * 40 for n in range(40)), large, large]
    assert blobs.used <= 400
    asked = len(git.asked)
    await blobs.one(small[-1])
    assert len(git.asked) == asked
    await blobs.one(small[0])
    await blobs.one(big)
    assert git.asked[asked:] == [small[0], big]


async def test_a_blob_that_is_missing_is_an_error_and_not_nothing(git: Counted) -> None:
    (there,) = await write(git, b"x")
    blobs = Blobs(git)
    with pytest.raises(GitError):
        await blobs.one("0" * 40)
    with pytest.raises(GitError, match="missing"):
        await read(blobs, [there, "0" * 40])
