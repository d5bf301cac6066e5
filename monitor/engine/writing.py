"""Reports that are written into a folder: a target like the others, so that a full disk is told and tried again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final

from monitor.adapters.notified import Message, NotifyError

if TYPE_CHECKING:
    from .surface import Engine

PREFIX: Final = "folder:"  # which no name of a target begins with


def folders(engine: Engine) -> Mapping[str, Path]:
    """Those of `reports`, by the name that they have as targets."""
    config = engine.config
    return {PREFIX + one.folder: config.root / one.folder for one in config.service.reports if one.folder}


def write(folder: Path, message: Message) -> str:
    """The files of a message, each at once whole; those that are there already are written again. Raises
    NotifyError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in message.files:
            with NamedTemporaryFile("w", dir=folder, prefix=".driftline-", delete=False, encoding="utf-8") as out:
                out.write(file.content)
                out.flush()
                os.fsync(out.fileno())
            Path(out.name).chmod(0o640)
            Path(out.name).replace(folder / file.name)
    except OSError as error:
        raise NotifyError(f"{folder} cannot be written: {error.strerror or error}") from error
    return f"wrote {', '.join(file.name for file in message.files)}"
