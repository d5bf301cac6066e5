"""The draft of an integration's file: made of what a person said and what was proven, written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import orjson
import yaml
from pydantic import ValidationError

from monitor.config import Config, ConfigError, Integration, load
from monitor.config.types import Reference, spelled
from probes.kit.contract import Vantage

from .propose import Rule

FOLDER = "integrations"


class DraftError(Exception):
    """A draft that cannot be used. `problems` are sentences; nothing was written."""

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said of one account. `fields`: credential field -> reference. `every`: seconds, None for the
    stack's own. `rest`: for the vendor of that name, what to read from where."""

    name: str
    vendor: str
    title: str
    owner: str
    scheme: str
    fields: Mapping[str, Reference]
    options: Mapping[str, Any] = {}
    base: str = ""
    allow_private: bool = False
    every: float | None = None
    rest: Mapping[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """As the file says it, without the watch."""
        made: dict[str, Any] = {
            "vendor": self.vendor, "title": self.title, "environment": "production", "class": "production",
            "owner": self.owner, "tier": 2,
        }  # fmt: skip
        if self.base:
            made["base"] = self.base
        if self.allow_private:
            made["allow_private"] = True
        if self.options:
            made["options"] = dict(self.options)
        made["credentials"] = {"scheme": self.scheme, **{name: str(ref) for name, ref in self.fields.items()}}
        if self.every is not None:
            made["schedule"] = {"every": spelled(self.every)}
        if self.rest is not None:
            made["rest"] = self.rest
        return made

    def integration(self) -> Integration:
        """Raises DraftError."""
        try:
            return Integration.model_validate_json(orjson.dumps({"name": self.name, **self.document()}))
        except ValidationError as error:
            said = (f"{'.'.join(str(part) for part in one['loc'])}: expected {one['msg']}" for one in error.errors())
            raise DraftError(*said) from error


def text(draft: Draft, vantage: Vantage, rules: Sequence[Rule]) -> str:
    """The file, commented. What a vendor said stands in it quoted, or in a comment on one line. Who signs in may be a
    person, and what is once in git stays: no name of a user stands in it."""
    document = draft.document()
    document["account"] = vantage.account
    lines = [
        "# yaml-language-server: $schema=../schemas/integration.json",
        f"# {_line(vantage.account_name or 'The account')}; drafted by driftline init.",
    ]
    for key, value in document.items():
        said = yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=1000).rstrip()
        comment = {"class": "      # or laboratory, sunset, restricted", "tier": "      # 1: the business stops"}
        lines.append(said + comment.get(key, ""))
    if rules:
        lines += ["", "watch:  # the first rule that matches counts; what none matches is reviewed"]
    for rule in rules:
        entry = {"kind": rule.kind, "scope": rule.scope, "level": rule.level}
        if rule.kind == "*":
            del entry["kind"]
        flow = yaml.safe_dump(entry, default_flow_style=True, sort_keys=False, allow_unicode=True, width=1000)
        lines.append(f"  - {flow.strip()}{f'  # {_line(rule.why)}' if rule.why else ''}")
    return "\n".join(lines) + "\n"


def write(config_folder: Path, name: str, content: str) -> Config:
    """Puts integrations/<name>.yaml into place and gives the configuration with it.

    It is first loaded beside a copy of the others; an existing file is never touched. Raises DraftError.
    """
    target = config_folder / FOLDER / f"{name}.yaml"
    _tried(config_folder, name, content)
    try:
        target.parent.mkdir(exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=f".{name}-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode())
                file.flush()
                os.fsync(file.fileno())
            Path(aside).chmod(0o644)
            os.link(aside, target)  # fails where the name is taken, unlike a rename
        finally:
            Path(aside).unlink()
    except FileExistsError as error:
        raise DraftError(f"{target} is there already and was left as it is: choose another --name") from error
    except OSError as error:
        raise DraftError(f"{error.filename or target}: cannot be written: {error.strerror}") from error
    return load(config_folder)


def _tried(config_folder: Path, name: str, content: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "config"
        shutil.copytree(config_folder, copy, ignore=shutil.ignore_patterns("schemas", ".*", "*.md"))
        (copy / FOLDER).mkdir(exist_ok=True)
        file = copy / FOLDER / f"{name}.yaml"
        if file.exists():
            raise DraftError(
                f"{config_folder / FOLDER / file.name} is there already and was left as it is: choose another --name"
            )
        file.write_text(content, "utf-8")
        try:
            load(copy)
        except ConfigError as error:
            said = (str(one).replace(str(copy), str(config_folder)) for one in error.problems)
            raise DraftError(*said) from error


def _line(words: str) -> str:
    """Words of a vendor inside a comment: one line, nothing that hides."""
    return " ".join("".join(char if char.isprintable() else " " for char in words).split())
