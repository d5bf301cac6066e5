"""Baseline files as they lie in a folder, before anybody commits them: which of them the daemon could not use."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.config.problems import Problem

_LINE: Final = re.compile(r"^line (\d+): ")


class Checked(msgspec.Struct, frozen=True):
    """`files` counts the baseline files that were looked at; `where` says which ones."""

    files: int
    where: str
    problems: tuple[Problem, ...]


def baselines(config: Config) -> Checked:
    """The files of the folder that the configuration names. Where the repository is an address, there are none here."""
    from monitor.adapters.described import FOLDERS
    from monitor.adapters.layout import IGNORES, PLANNED, STANDING, VANTAGE
    from monitor.config.problems import Problem

    root = Path(config.repository)
    folder = root / config.service.baselines.path
    files = [*folder.glob("*/*/*.json"), *folder.glob(f"*/{VANTAGE}")]
    beside = [file for name in (PLANNED, IGNORES, STANDING, *FOLDERS) for file in (root / name).glob("*.json")]
    found: list[Problem] = []
    holders: dict[tuple[str, str], str] = {}
    for file in sorted([*files, *beside]):
        line, words, holds = _read(file, file.parent.name if file in beside else "")
        if holds:
            place = (file.parent.parent.name, holds)
            if place in holders:
                words = f"expected each scope once, found {holds}, which {holders[place]} holds already: remove one"
            holders.setdefault(place, _shown(file))
        if words:
            found.append(Problem(_shown(file), line, "", words))
    return Checked(len(files) + len(beside), _shown(folder), tuple(sorted(found)))


def _read(file: Path, beside: str) -> tuple[int, str, str]:
    """The line, what is wrong there, and which scope the file holds. `beside`: its folder, where it is no baseline."""
    from monitor.adapters import described, layout
    from monitor.adapters.layout import LayoutError
    from monitor.core.body import BodyError, decode
    from monitor.core.ignores import last_day

    try:
        raw = file.read_bytes()
        if beside == layout.IGNORES:
            until = layout.decode_ignore(raw).until
            if last_day(until) is None:
                return 0, f"until: expected a day such as 2026-12-31, found {until!r}: it counts as over", ""
        elif beside == layout.PLANNED:
            layout.decode_planned(raw)
        elif beside == layout.STANDING:
            layout.decode_standing(raw)
        elif beside:
            described.decode(beside, raw)
        elif file.name == layout.VANTAGE:
            layout.decode_sight(raw)
        else:
            ref = decode(raw).ref
            return 0, "", f"{ref.kind} {ref.name}"
    except OSError as error:
        return 0, f"expected a file that can be read, found: {error.strerror or error}", ""
    except (BodyError, LayoutError) as error:
        line = _LINE.match(str(error))
        return int(line[1]) if line else 0, _LINE.sub("", str(error)), ""
    return 0, "", ""


def _shown(path: Path) -> str:
    """As a person would type it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
