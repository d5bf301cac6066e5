"""Finds vendor files: our own, those of installed packages (entry point `driftline.vendors`), and those of a folder.

What others wrote may be wrong in any way. It is left out and said, with where, what and what to do, and takes nothing
else with it: whoever names that vendor is told why it cannot be read, and nobody else is stopped by it.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import msgspec
from pydantic import ValidationError

import probes

from .listing import Vendor
from .mistakes import sentences
from .values import Model

NOT_VENDORS: Final = frozenset({"kit", "simulated", "testing"})
GROUP: Final = "driftline.vendors"
NAME: Final = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
WITHOUT_FILE: Final = ("rest", "attested")  # what a configuration calls so is read by no vendor file
_started_with: list[Path] = []  # the folder that was named at start


class Found(msgspec.Struct, frozen=True):
    """`vendors` by name; `theirs`: those that others wrote, by name, with where from; `broken`: what cannot be read, by
    the name that it would probably have had, as a sentence."""

    vendors: dict[str, Vendor]
    theirs: dict[str, str]
    broken: dict[str, str]


def look_in(folder: Path | None) -> None:
    """The folder of one's own, for this process. Raises NotADirectoryError with a sentence."""
    if folder is not None and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder; expected one with vendor files")
    _started_with[:] = [folder.resolve()] if folder else []


def vendors(folder: Path | None = None) -> dict[str, Vendor]:
    """All vendor files that can be read, by name."""
    return found(folder).vendors


def found(folder: Path | None = None) -> Found:
    """All vendor files; `folder` in the place of the one that was named at start."""
    return _found(folder or (_started_with[0] if _started_with else None))


@lru_cache(1)
def own() -> dict[str, Vendor]:
    """Our own vendor files, by name."""
    known: dict[str, Vendor] = {}
    for info in sorted(pkgutil.iter_modules(probes.__path__), key=lambda info: info.name):
        made = None
        if info.name not in NOT_VENDORS:
            made = getattr(importlib.import_module(f"probes.{info.name}"), "VENDOR", None)
        if isinstance(made, Vendor):
            known[made.name] = made
    return known


@lru_cache(8)
def _found(folder: Path | None) -> Found:
    out = Found(dict(own()), {}, {})
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        package = f"{point.dist.name} {point.dist.version}" if point.dist else "a package"
        where = f"{package}: the entry point {point.name} = {point.value}"
        _take(out, point.name, where, f"upgrade or uninstall {package}, and tell its maker", point)
    for file in _files(folder) if folder else ():
        _take(out, name_of(file), str(file), "mend the file, or take it out of the folder", file)
    return out


def _files(folder: Path) -> Iterator[Path]:
    """Modules and packages; tests may stand beside them, and what begins with an underscore is theirs."""
    for path in sorted(folder.iterdir()):
        if path.name == "tests" or path.name.startswith(("_", ".", "test_", "conftest")):
            continue
        if path.suffix == ".py" or (path / "__init__.py").is_file():
            yield path


def name_of(file: Path) -> str:
    """The vendor of a file, by its name: "tag-manager" stands in tag_manager.py."""
    return file.stem.replace("_", "-")


def _take(out: Found, name: str, where: str, mend: str, source: EntryPoint | Path) -> None:
    try:
        vendor = load(source) if isinstance(source, Path) else _vendor_of(source.load())
        if not NAME.fullmatch(vendor.name):
            raise ValueError(f"expected a name of lower-case letters and digits, with hyphens, found {vendor.name!r}")
        if vendor.name in WITHOUT_FILE:
            raise ValueError(f"the name {vendor.name!r} is Driftline's own; choose another")
        if vendor.name in out.vendors:
            raise ValueError(f"the name {vendor.name!r} is taken by another vendor file; choose another")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a file may do anything, ending the process too
        out.broken[name] = f"{where}{_line(error, source)}: {_words(error)}; {mend}"
        return
    out.vendors[vendor.name] = vendor
    out.theirs[vendor.name] = where


def checked(file: Path) -> Vendor:
    """The same as `load`. Raises ValueError with one sentence for whatever the file raises."""
    try:
        return load(file.resolve())
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise ValueError(f"{file}{_line(error, file.resolve())}: {_words(error)}") from error


def load(file: Path) -> Vendor:
    """The vendor of a file, or of a folder with an __init__.py. Raises whatever the file raises."""
    name = f"driftline_vendor_{file.stem}"
    for known in [known for known in sys.modules if known == name or known.startswith(f"{name}.")]:
        del sys.modules[known]  # a file of that name in another folder
    package = file.is_dir()
    place = [str(file)] if package else None
    spec = importlib.util.spec_from_file_location(
        name, file / "__init__.py" if package else file, submodule_search_locations=place
    )
    assert spec is not None and spec.loader is not None  # noqa: S101  it is a Python file
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
        return _vendor_of(module)
    except BaseException:
        del sys.modules[name]
        raise


def _vendor_of(made: Any) -> Vendor:
    vendor = getattr(made, "VENDOR", None) if isinstance(made, ModuleType) else made
    if not isinstance(vendor, Vendor):
        what = "no VENDOR in it" if vendor is None else f"a {type(vendor).__name__} as its VENDOR"
        raise ValueError(f"expected VENDOR = Vendor(...), found {what}")
    return vendor


def _words(error: BaseException) -> str:
    """What went wrong, in one line and without values where a declaration is wrong."""
    if isinstance(error, ValidationError):
        known = next((one.model_fields for one in _declarations(Model) if one.__name__ == error.title), {})
        return "; ".join(sentences("VENDOR" if error.title == "Vendor" else error.title, error, known))
    if isinstance(error, SystemExit):
        return "it ends the process when it is imported"
    try:
        text = " ".join(str(error).split())[:300]
    except Exception:  # of a class of theirs
        text = ""
    if not text:
        return type(error).__name__
    return text if type(error) is ValueError else f"{type(error).__name__}: {text}"


def _declarations(base: type[Model]) -> Iterator[type[Model]]:
    """Every class that a declaration in a vendor file can be of."""
    for one in base.__subclasses__():
        yield one
        yield from _declarations(one)


def _line(error: BaseException, source: EntryPoint | Path) -> str:
    """The last line of the file that had to do with it."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f", line {error.lineno}"
    at, line = error.__traceback__, 0
    while at is not None:
        file = Path(at.tb_frame.f_code.co_filename)
        if isinstance(source, Path) and (file == source or source in file.parents):
            line = at.tb_lineno
        at = at.tb_next
    return f", line {line}" if line else ""


def vendor(name: str, folder: Path | None = None) -> Vendor:
    """Raises KeyError with a sentence that names those there are. `rest` is built from YAML, by probes/rest.py."""
    known = found(folder)
    if name in known.vendors:
        return known.vendors[name]
    if name in known.broken:
        raise KeyError(f"the vendor file of {name!r} cannot be read: {known.broken[name]}")
    raise KeyError(f"no vendor file is called {name!r}; there are {', '.join(known.vendors)} and rest")
