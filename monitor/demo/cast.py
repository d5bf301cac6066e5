"""Who plays in the example stack: a simulated account for each system of its configuration, with secrets made up anew.

The configuration is the list. `config/` names the two systems of the spine; what lies under `config/full/` is laid over
it for the whole department. A system of a vendor that has no simulated account, such as one that is attested, is read
without one.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from probes.kit import registry
from probes.kit.clock import Clock
from probes.simulated.desk import Desk
from probes.simulated.telling import Accounts

STACKS: Final = ("spine", "full")
EXAMPLE: Final = Path(__file__).resolve().parents[2] / "config"
_NAMED: Final = re.compile(r"\$\{env:(\w+)\}")
_KEY: Final = "private_key"  # a field of credentials that holds a key and no word


class Part:
    """One system as the configuration has it. `credentials`: field -> name of the secret."""

    def __init__(self, name: str, entry: Mapping[str, Any]) -> None:
        self.name, self.vendor = name, str(entry["vendor"])
        named = {field: _NAMED.fullmatch(str(value)) for field, value in entry["credentials"].items()}
        self.credentials = {field: match[1] for field, match in named.items() if match}
        module = name if self.vendor == "rest" else self.vendor
        self._module = f"probes.simulated.{module.replace('-', '_')}"
        self.played = importlib.util.find_spec(self._module) is not None

    def account(self, clock: Clock, known: Mapping[str, str]) -> Any:
        """The account; `known` gives the value of each secret."""
        made = importlib.import_module(self._module).Account(clock=clock)
        for field, name in self.credentials.items():
            if hasattr(made, field):
                setattr(made, field, known[name])
        if isinstance(made, Desk):
            made.well()
            made.alive = True
        return made


def folders(stack: str) -> tuple[Path, ...]:
    """The folders of configuration of a stack, each laid over the one before it."""
    return (EXAMPLE,) if stack == "spine" else (EXAMPLE, EXAMPLE / "full")


def parts(stack: str) -> tuple[Part, ...]:
    """In the order of their names."""
    files = {file.stem: file for folder in folders(stack) for file in folder.glob("integrations/*.yaml")}
    return tuple(Part(name, yaml.safe_load(files[name].read_text())) for name in sorted(files))


def addresses(vendor: str) -> tuple[str, ...]:
    """Options of a vendor that are addresses it asks beside its base: its account answers for those too."""
    known = registry.vendors().get(vendor)
    specs = known.options.items() if known is not None else ()
    return tuple(name for name, spec in specs if name != "app" and str(spec.default).startswith("https://"))


def made_up(some: Iterable[Part]) -> dict[str, str]:
    """Name -> value of each secret."""
    return {name: _secret(field) for part in some for field, name in part.credentials.items()}


def accounts(some: Iterable[Part], clock: Clock, known: Mapping[str, str]) -> Accounts:
    return Accounts({part.name: part.account(clock, known) for part in some if part.played})


def _secret(field: str) -> str:
    if field != _KEY:
        return secrets.token_urlsafe(24)
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(*form).decode()
