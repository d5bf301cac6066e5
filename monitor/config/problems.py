"""What is wrong in a configuration, said so that a person can go there and mend it."""

from __future__ import annotations

import msgspec


class Problem(msgspec.Struct, frozen=True, order=True):
    """One mistake. `line` counts from 1; 0 when the file as a whole is meant. `path` is the key path, may be empty."""

    file: str
    line: int
    path: str
    words: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.path}: {self.words}" if self.path else f"{where}: {self.words}"


class ConfigError(Exception):
    """A configuration that is not used, with all its problems at once, one a line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
