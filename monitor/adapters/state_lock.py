"""One process per state folder: an exclusive lock that the kernel lets go when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

_WAITS = (0.01, 0.05, 0.0)  # seconds between tries: one who only asks whose the folder is has the lock for a moment


class StoreLocked(Exception):
    """Another process has the state folder. `pid` is its number, or None when it cannot be told."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        self.pid = pid
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"{folder} is in use by {who}; stop it first, or let it do the work through its own address")


class StateLock:
    def __init__(self, folder: Path) -> None:
        """Takes the lock at once. Raises StoreLocked."""
        path = folder / "lock"
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        for wait in _WAITS:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(wait)
        else:
            holder = os.read(self._file, 32).strip()
            os.close(self._file)
            raise StoreLocked(folder, int(holder) if holder.isdigit() else None)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Twice does no harm."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def holder(folder: Path) -> int | None:
    """The pid of the process that has the state folder (0 where it cannot be told), None when nobody has it."""
    try:
        file = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.read(file, 32).strip()
        return int(pid) if pid.isdigit() else 0
    else:
        return None
    finally:
        os.close(file)
