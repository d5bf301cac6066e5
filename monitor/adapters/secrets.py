"""Resolves references to secrets, afresh at each use, so that a rotated secret is taken up without a restart.

A value is returned and never kept, logged or put into an exception.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from monitor.config.types import Reference

LONGEST: Final = 64 << 10  # bytes of a secret
PATIENCE: Final = 10.0  # seconds for a command


class SecretError(Exception):
    """A secret that cannot be had. The message names the reference, what is wrong and what to do; never the value."""


class Secrets:
    """`root`: what relative paths count from. `commands`: whether `${cmd:…}` is allowed (`--allow-secret-commands`).
    `warn` is told once per file that others can read."""

    def __init__(
        self,
        root: Path,
        *,
        commands: bool = False,
        environ: Mapping[str, str] = os.environ,
        warn: Callable[[str], None],
        patience: float = PATIENCE,
    ) -> None:
        self._root, self._commands, self._environ = root, commands, environ
        self._warn, self._patience = warn, patience
        self._warned: set[Path] = set()

    def resolve(self, reference: Reference) -> str:
        """The secret now. Raises SecretError. A command is run: call `resolve_later` from a running event loop."""
        if reference.source == "env":
            value = self._env(reference)
        elif reference.source == "file":
            value = self._file(reference)
        else:
            value = self._cmd(reference)
        if not value:
            raise SecretError(f"{_named(reference)}: expected a secret, found nothing in it")
        return value

    async def resolve_later(self, reference: Reference) -> str:
        """The same, without holding up the loop for a slow disk or command."""
        return await asyncio.to_thread(self.resolve, reference)

    def _env(self, reference: Reference) -> str:
        try:
            return self._environ[reference.target]
        except KeyError:
            words = f"{reference}: the environment variable is not set; set it where Driftline is started"
            raise SecretError(words) from None

    def _file(self, reference: Reference) -> str:
        path = self._root / reference.target
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                raw = file.read(LONGEST + 1)
        except OSError as error:
            raise SecretError(f"{reference}: the file cannot be read: {error.strerror}") from None
        if mode & (stat.S_IROTH | stat.S_IWOTH) and path not in self._warned:
            self._warned.add(path)
            self._warn(f"{reference}: every user of this machine can read or write the file; run chmod 600 on it")
        return self._text(reference, raw)

    def _cmd(self, reference: Reference) -> str:
        if not self._commands:
            raise SecretError(f"{reference.source}: commands are not allowed; start with --allow-secret-commands")
        try:
            argv = shlex.split(reference.target)
        except ValueError:
            raise SecretError("cmd: the command line has a quote that does not end") from None
        name = _named(reference)
        try:
            done = subprocess.run(
                argv, capture_output=True, stdin=subprocess.DEVNULL, timeout=self._patience, check=False, cwd=self._root
            )
        except subprocess.TimeoutExpired:
            raise SecretError(f"{name}: gave no secret within {self._patience:g} seconds") from None
        except OSError as error:
            raise SecretError(f"{name}: cannot be run: {error.strerror}") from None
        if done.returncode:
            raise SecretError(f"{name}: ended with exit code {done.returncode}; run it by hand to see why")
        return self._text(reference, done.stdout)

    @staticmethod
    def _text(reference: Reference, raw: bytes) -> str:
        """One trailing line end is the editor's, not the secret's."""
        if len(raw) > LONGEST:
            raise SecretError(f"{reference.source}: expected a secret of at most {LONGEST >> 10} KiB, found more")
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            raise SecretError(f"{reference.source}: expected UTF-8 text, found other bytes") from None
        return text.removesuffix("\n").removesuffix("\r")


def _named(reference: Reference) -> str:
    """As errors name it: of a command the program alone, since its arguments may be telling."""
    if reference.source != "cmd":
        return str(reference)
    return f"cmd {Path(reference.target.split()[0]).name}"
