"""Asks a person, on standard error, so that standard output stays the answer. Never asks where nobody can answer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

import typer

from .out import Stop, note
from .text import seen

T = TypeVar("T")
TRIES = 5


def present() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty()


def agreed(question: str) -> bool:
    """Yes or no, no when just confirmed. Raises Stop where nobody can answer."""
    return _read(f"{question} [y/N] ").lower() in ("y", "yes")


def ask(question: str, read: Callable[[str], T], default: str = "") -> T:
    """A value as `read` takes it; its ValueError is said and the question asked again."""
    for _ in range(TRIES):
        said = _read(f"{question}{f' [{default}]' if default else ''}: ") or default
        try:
            return read(said)
        except ValueError as error:
            note(f"  {seen(error)}")
    raise Stop("nothing was written: that could not be understood five times")


def choose(question: str, known: Sequence[tuple[str, str]], default: str = "") -> str:
    """One of (name, what it is), by name or number."""
    for number, (name, says) in enumerate(known, 1):
        note(f"  {number}. {name}  {seen(says)}")

    def read(said: str) -> str:
        if said.isdigit() and 0 < int(said) <= len(known):
            return known[int(said) - 1][0]
        if said in [name for name, _ in known]:
            return said
        raise ValueError(f"expected a number or one of {', '.join(name for name, _ in known)}")

    return ask(question, read, default)


def _read(question: str) -> str:
    if not present():
        raise Stop("this asks questions and standard input is no terminal: answer in one, or add --yes")
    typer.echo(question, nl=False, err=True)
    line = sys.stdin.readline()
    if not line:
        raise KeyboardInterrupt
    return line.strip()
