"""The state folder has one holder, and looking at who that is keeps nobody out."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from monitor.adapters import state_lock
from monitor.adapters.state_lock import StateLock, StoreLocked, holder


def test_one_who_only_asks_whose_the_folder_is_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lock").touch()
    asking = os.open(tmp_path / "lock", os.O_RDWR)
    fcntl.flock(asking, fcntl.LOCK_SH)
    waited: list[float] = []
    monkeypatch.setattr(state_lock.time, "sleep", lambda wait: (waited.append(wait), os.close(asking)))
    lock = StateLock(tmp_path)
    assert len(waited) == 1
    assert holder(tmp_path) == os.getpid()
    lock.release()
    assert holder(tmp_path) is None


def test_a_second_holder_is_told_of_the_first(tmp_path: Path) -> None:
    lock = StateLock(tmp_path)
    with pytest.raises(StoreLocked, match=f"process {os.getpid()}"):
        StateLock(tmp_path)
    lock.release()
    lock.release()
    StateLock(tmp_path).release()
