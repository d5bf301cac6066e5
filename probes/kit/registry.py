"""Finds the vendor files: a module of `probes`, or of a folder of one's own, that has a VENDOR."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import probes

from .listing import Vendor

NOT_VENDORS = frozenset({"kit", "simulated", "testing"})


@lru_cache(8)
def vendors(folder: Path | None = None) -> dict[str, Vendor]:
    """Vendor files by name, those of `folder` added. Raises ValueError for a file there that cannot be read as one, and
    for a name that is taken."""
    found: dict[str, Vendor] = {}
    for info in sorted(pkgutil.iter_modules(probes.__path__), key=lambda info: info.name):
        if info.name not in NOT_VENDORS:
            _add(found, getattr(importlib.import_module(f"probes.{info.name}"), "VENDOR", None), info.name)
    for path in sorted(folder.glob("*.py")) if folder else ():
        loader = SourceFileLoader(f"driftline_vendor_{path.stem}", str(path))
        module = ModuleType(loader.name)
        try:
            loader.exec_module(module)
        except Exception as error:
            raise ValueError(f"{path}: {type(error).__name__}: {error}") from error
        _add(found, getattr(module, "VENDOR", None), str(path))
    return found


def _add(found: dict[str, Vendor], vendor: object, where: str) -> None:
    if vendor is None:
        return
    if not isinstance(vendor, Vendor):
        raise ValueError(f"{where}: VENDOR is a {type(vendor).__name__}, not a Vendor")
    if vendor.name in found:
        raise ValueError(f"{where}: the name {vendor.name!r} is taken by another vendor file")
    found[vendor.name] = vendor


def vendor(name: str, folder: Path | None = None) -> Vendor:
    """Raises KeyError with a sentence that names those there are. `rest` is built from YAML, by probes/rest.py."""
    known = vendors(folder)
    if name not in known:
        raise KeyError(f"no vendor file is called {name!r}; there are {', '.join(known)} and rest")
    return known[name]
