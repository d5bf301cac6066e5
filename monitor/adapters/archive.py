"""One archive of small files, written whole or not at all."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from secrets import token_hex


def pack(parts: Mapping[str, bytes], file: Path) -> None:
    """Only its owner can read it, and it replaces nothing. Raises OSError, and then nothing is left behind."""
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=6) as tar:
        for name, raw in sorted(parts.items()):
            member = tarfile.TarInfo(f"driftline-debug/{name}")
            member.size, member.mode = len(raw), 0o600
            tar.addfile(member, BytesIO(raw))
    aside = file.with_name(f".{file.name}.{token_hex(4)}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(packed.getvalue())
            out.flush()
            os.fsync(out.fileno())
        os.link(aside, file)  # refuses where something is there already
    finally:
        aside.unlink(missing_ok=True)
