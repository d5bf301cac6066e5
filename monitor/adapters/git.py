"""git as a program: argument lists, never a shell; nothing of the caller's GIT_* environment, and no prompt.

Server hooks, credential helpers and signing of the person's own git configuration are honoured.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

NAME: Final = "Driftline"
EMAIL: Final = "driftline@localhost"
_SECRET_IN_URL = re.compile(r"(?<=://)[^/@\s]+@")
_SAID = 500  # characters of git's own words in an error
SECONDS: Final = 300.0  # the longest that one run may take
_SETTINGS = (
    "core.fsync=all",
    "gc.auto=0",
    "core.quotePath=false",
    "advice.detachedHead=false",
    "core.hooksPath=/dev/null",
    "core.looseCompression=1",  # ours are small texts much like each other: speed counts, and git gc packs them again
    "pack.compression=1",
)


class GitError(Exception):
    """git said no. `said` is what it said, without the credentials of a URL."""

    def __init__(self, command: str, said: str) -> None:
        self.said = _SECRET_IN_URL.sub("", said).strip()[-_SAID:]
        super().__init__(f"git {command} failed: {self.said or 'it said nothing'}")


class Git:
    """Runs git on one bare repository."""

    def __init__(self, folder: Path, ssh: str = "") -> None:
        """`ssh`: the command line that a remote is reached with over ssh; "" leaves it to the user's configuration."""
        self.folder = folder
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_DIR": str(folder),
            "LC_ALL": "C.UTF-8",
            **({"GIT_SSH_COMMAND": ssh} if ssh else {}),
            **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _IDENTITY.items()},
        }

    async def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        environment: Mapping[str, str] = {},
        ok: Sequence[int] = (0,),
        seconds: float = SECONDS,
    ) -> bytes:
        """What git printed. Raises GitError for an exit code not in `ok`, and when it takes longer than `seconds`."""
        process = await self._start(arguments, environment)
        try:
            async with asyncio.timeout(seconds):
                out, said = await process.communicate(stdin)
        except TimeoutError:
            raise GitError(arguments[0], f"no answer within {seconds:.0f} s") from None
        finally:
            await _end(process)
        if process.returncode not in ok:
            raise GitError(arguments[0], said.decode(errors="replace"))
        return out

    async def line(self, *arguments: str, environment: Mapping[str, str] = {}, ok: Sequence[int] = (0,)) -> str:
        return (await self.run(*arguments, environment=environment, ok=ok)).decode(errors="replace").strip()

    async def add_blobs(self, contents: AsyncIterable[bytes], marks: Path) -> list[str]:
        """Stores each content and gives their ids in order. One at a time is in memory; many go into one pack, which
        costs one fsync. `marks` is a file to be made, which git writes the ids to."""
        process = await self._start(("fast-import", "--quiet", "--done", f"--export-marks={marks}"), {})
        assert process.stdin is not None  # noqa: S101 - a pipe
        count = 0
        try:
            async with asyncio.timeout(SECONDS):
                with suppress(BrokenPipeError, ConnectionResetError):  # it died: what it said comes below
                    async for content in contents:
                        count += 1
                        process.stdin.writelines((b"blob\nmark :%d\ndata %d\n" % (count, len(content)), content, b"\n"))
                        await process.stdin.drain()
                _, said = await process.communicate(b"done\n")
        except TimeoutError:
            raise GitError("fast-import", f"no answer within {SECONDS:.0f} s") from None
        finally:
            await _end(process)
        if process.returncode:
            raise GitError("fast-import", said.decode(errors="replace"))
        pairs = (line.split() for line in (await asyncio.to_thread(marks.read_text)).splitlines()) if count else ()
        ids = {int(mark[1:]): id for mark, id in pairs}
        return [ids[mark] for mark in range(1, count + 1)]

    async def blobs(self, ids: Iterable[str]) -> AsyncGenerator[tuple[str, bytes], None]:
        """The content of each blob, one at a time, in order, out of one process. Raises GitError for one that is
        missing."""
        wanted = list(ids)
        if not wanted:
            return
        process = await self._start(("cat-file", "--batch"), {})
        assert process.stdin is not None and process.stdout is not None  # noqa: S101 - both are pipes
        feeding = asyncio.create_task(_feed(process.stdin, wanted))
        try:
            for id in wanted:
                header = (await process.stdout.readline()).split()
                if len(header) != 3:
                    raise GitError("cat-file", f"object {id} is missing from {self.folder}")
                yield id, (await process.stdout.readexactly(int(header[2]) + 1))[:-1]
            await feeding
            await process.wait()  # it ends by itself: a signal to one that just ended would take its exit status away
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
            await _end(process)

    async def _start(self, arguments: Sequence[str], environment: Mapping[str, str]) -> asyncio.subprocess.Process:
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        pipe = asyncio.subprocess.PIPE
        try:
            return await asyncio.create_subprocess_exec(
                "git",
                *settings,
                *arguments,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe if "--batch" not in arguments else asyncio.subprocess.DEVNULL,
                env={**self._environment, **environment},
                start_new_session=True,  # a group of its own: its helpers end with it, and Ctrl-C is not for it
            )
        except FileNotFoundError:
            raise GitError(arguments[0], "the program git is not installed, or not on PATH") from None


def ssh_command(key: Path, known_hosts: Path) -> str:
    """One key and one list of servers, nothing of the user's own, no question. ssh_config(5) wants each % doubled."""
    one, other = (str(path).replace("%", "%%") for path in (key, known_hosts))
    said = ("IdentitiesOnly=yes", "BatchMode=yes", "StrictHostKeyChecking=yes", f'UserKnownHostsFile="{other}"',
            "GlobalKnownHostsFile=none", "ConnectTimeout=20")  # fmt: skip
    return shlex.join(["ssh", "-F", "none", "-i", one, *(part for each in said for part in ("-o", each))])


_IDENTITY = {"NAME": NAME, "EMAIL": EMAIL}


async def _feed(stdin: asyncio.StreamWriter, ids: Sequence[str]) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # the reader sees the end and says which object it lacks
        for id in ids:
            stdin.write(f"{id}\n".encode())
            await stdin.drain()
        stdin.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    """No git outlives the call that started it, nor do the helpers that it talks to a remote with: they hold its pipes
    open, and waiting for it would be waiting for them."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
