"""Vendor files of others, in a folder or in installed packages; what is wrong with one is said and stops nobody."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from probes.kit import registry
from probes.kit.registry import found, look_in, vendor, vendors

ACME = """
from probes.kit.auth import bearer
from probes.kit.contract import Kind
from probes.kit.listing import Listing, Vendor, keep

VENDOR = Vendor(
    name="{name}", title="Acme", docs="https://acme.example.com/docs", base="https://api.acme.example.com",
    hosts=("acme.example.com",), schemes={{"token": bearer("Settings > API")}},
    listings=(Listing(name="objects", kind=Kind.SCHEMA, path="/objects", key="name", facts=keep("label")),),
)
"""


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    registry._found.cache_clear()
    yield
    look_in(None)
    registry._found.cache_clear()
    for name in [name for name in sys.modules if name.startswith(("driftline_vendor_", "acme_"))]:
        del sys.modules[name]


def acme(name: str = "acme") -> str:
    return ACME.format(name=name)


def installed(folder: Path, name: str, text: str, said: str = "") -> None:
    """A package as it lies in site-packages."""
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(text)
    info = folder / f"{name}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[driftline.vendors]\n{said or f'acme = {name}:VENDOR'}\n")


def test_our_own_are_there_by_name() -> None:
    assert {"salesforce", "hubspot", "directus", "sql"} <= registry.own().keys() <= vendors().keys()
    assert not {"kit", "simulated", "testing", "rest", "attested"} & registry.own().keys()
    assert vendor("hubspot").name == "hubspot"
    with pytest.raises(KeyError, match=r"there are .*directus"):
        vendor("nope")


def test_a_folder_named_at_start_gives_files_and_packages(tmp_path: Path) -> None:
    (tmp_path / "acme.py").write_text(acme())
    (tmp_path / "big").mkdir()
    (tmp_path / "big" / "__init__.py").write_text("from .inner import VENDOR")
    (tmp_path / "big" / "inner.py").write_text(acme("big"))
    for other in ("test_acme.py", "_shared.py", "conftest.py", ".hidden.py"):
        (tmp_path / other).write_text("1 / 0")
    (tmp_path / "replies").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "__init__.py").write_text("1 / 0")
    (tmp_path / "README.md").write_text("ours")
    assert "acme" not in vendors()
    look_in(tmp_path)
    there = found()
    assert there.vendors.keys() - registry.own().keys() == {"acme", "big"} == there.theirs.keys()
    assert there.theirs["acme"] == str(tmp_path / "acme.py") and there.broken == {}
    assert vendors(tmp_path) is vendors()
    with pytest.raises(NotADirectoryError, match="is no folder"):
        look_in(tmp_path / "nowhere")


def test_a_file_of_the_same_name_in_another_folder_is_another_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "acme").mkdir(parents=True)
        (tmp_path / name / "acme" / "__init__.py").write_text("from .inner import VENDOR")
        (tmp_path / name / "acme" / "inner.py").write_text(acme(name))
    assert "one" in vendors(tmp_path / "one") and "two" in vendors(tmp_path / "two")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected VENDOR = Vendor(...), found no VENDOR in it"),
        ("VENDOR = 1\n", "found a int as its VENDOR"),
        ("from probes.hubspot import VENDOR\n", "the name 'hubspot' is taken by another vendor file; choose another"),
        ("\n\n1 / 0\n", ", line 3: ZeroDivisionError: division by zero"),
        ("def x(:\n", ", line 1: SyntaxError"),
        ("import nothing_of_that_name\n", ", line 1: ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("raise SystemExit(0)\n", ", line 1: it ends the process when it is imported"),
        (acme().replace("title=", "titel="), "VENDOR.titel: is an unknown key; there is title"),
        (acme().replace("title=", "zzz="), "VENDOR.zzz: is an unknown key; there is name, title, docs, base"),
        (
            "from probes.kit.limiter import Limit\nLimit(per_second=1)\n",
            "line 2: Limit.per_second: is an unknown key; there is key, rate, per, concurrency",
        ),
        (
            acme().replace('keep("label")', 'keep("lable")'),
            "'lable' is no fact of schema: is label meant? A fact of the vendor's own is x_lable",
        ),
        (acme().replace('keep("label")', 'keep("qqq")'), "'qqq' is no fact of schema: docs/reference/words.md has"),
        ("class Out(BaseException): pass\nraise Out('of all')", ", line 2: Out: of all; mend"),
        ("import asyncio\nraise asyncio.CancelledError", ", line 2: CancelledError; mend"),
        ("class Mute(Exception):\n  def __str__(self): 1 / 0\nraise Mute", ", line 3: Mute; mend"),
        ("x = 1\0", ".py: SyntaxError: source code"),
        (acme("rest"), "the name 'rest' is Driftline's own; choose another"),
        (acme("attested"), "the name 'attested' is Driftline's own; choose another"),
        (acme("../up"), "expected a name of lower-case letters and digits, with hyphens, found '../up'"),
        (acme(""), "expected a name of lower-case letters and digits, with hyphens, found ''"),
    ],
)
def test_a_bad_file_says_where_what_and_what_to_do_and_stops_nobody(tmp_path: Path, text: str, words: str) -> None:
    bad, good = tmp_path / "bad_one.py", tmp_path / "good.py"
    bad.write_text(text)
    good.write_text(acme("good"))
    there = found(tmp_path)
    (said,) = there.broken.values()
    assert said.startswith(str(bad)) and words in said
    assert said.endswith("; mend the file, or take it out of the folder") and "\n" not in said
    assert there.vendors.keys() == {*registry.own(), "good"}
    assert "driftline_vendor_bad_one" not in sys.modules or " a name" in said or "the name" in said or "VENDOR" in said
    with pytest.raises(KeyError, match="cannot be read"):
        vendor("bad-one", tmp_path)


def test_a_package_names_its_vendor_by_an_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, "acme_driftline", acme())
    monkeypatch.syspath_prepend(tmp_path)
    there = found()
    assert there.vendors["acme"].title == "Acme" and there.broken == {}
    assert there.theirs == {"acme": "acme_driftline 1.2: the entry point acme = acme_driftline:VENDOR"}


@pytest.mark.parametrize(
    ("text", "said", "words"),
    [
        (acme(), "acme = acme_bad:NOTHING", "AttributeError"),
        (acme(), "acme = acme_worse", "ModuleNotFoundError"),
        ("import sys; sys.exit(3)", "acme = acme_bad", "it ends the process"),
        ("VENDOR = 'x'", "acme = acme_bad", "found a str as its VENDOR"),
    ],
)
def test_a_bad_package_is_named_with_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str, words: str
) -> None:
    installed(tmp_path, "acme_bad", text, said)
    monkeypatch.syspath_prepend(tmp_path)
    there = found()
    told = there.broken["acme"]
    assert told.startswith("acme_bad 1.2: the entry point acme") and words in told
    assert told.endswith("; upgrade or uninstall acme_bad 1.2, and tell its maker")
    assert there.vendors.keys() == registry.own().keys()


def test_an_entry_point_of_nobody_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    point = EntryPoint("acme", "nothing_of_that_name", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda **_: [point])
    assert found().broken["acme"].startswith("a package: the entry point acme = nothing_of_that_name: ")


def test_one_file_by_itself_is_told_in_the_same_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "acme.py"
    file.write_text(acme())
    assert registry.checked(file).title == "Acme"
    file.write_text(acme().replace("title=", "titles="))  # of another length: Python takes an equal one for unchanged
    with pytest.raises(ValueError, match=r"acme\.py, line \d+: .*VENDOR\.titles: is an unknown key; there is title"):
        registry.checked(file)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"^acme\.py, line \d+: "):  # named as it was given, with its line too
        registry.checked(Path("acme.py"))
    file.write_text("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):  # a person ends the process, and no file
        registry.checked(file)
    registry._found.cache_clear()
    with pytest.raises(KeyboardInterrupt):
        found(tmp_path)
