"""YAML from outside: values and lines as written, and nothing that YAML can do beyond that."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.document import DEPTH, Document, keyed, shown


def read(text: str) -> Document:
    document = Document(Path("x.yaml"))
    document.parse(text)
    return document


def said(text: str | bytes, tmp_path: Path) -> list[str]:
    file = tmp_path / "x.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in Document.read(file).problems]


def test_values_and_the_line_of_each_key_are_kept() -> None:
    document = read("a:\n  b: 1\n  c:\n    - x\n    - {d: [true, null, 1.5]}\n")
    assert document.data == {"a": {"b": 1, "c": ["x", {"d": [True, None, 1.5]}]}}
    lines = {shown(path): line for path, line in document.lines.items()}
    assert lines["a.b"] == 2
    assert lines["a.c[1].d[2]"] == 5


@pytest.mark.parametrize("word", ["off", "no", "yes", "on", "2026-01-01", "1:30", "0123", "1_000", "1e3", ".nan", "<<"])
def test_words_that_yaml_1_1_bends_stay_text(word: str) -> None:
    assert read(f"a: {word}").data == {"a": word}
    assert read(f"{word}: a").data == {word: "a"}


def test_quotes_make_text() -> None:
    assert read("a: '1'\nb: \"true\"\nc: ''\nd: |\n  null\n").data == {"a": "1", "b": "true", "c": "", "d": "null\n"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &x 1\nb: *x\n", "x.yaml:1: expected no anchors, found &x: write the value out"),
        ("b: *x\n", "x.yaml:1: expected no aliases, found *x: write the value out"),
        ("a: !!python/object/apply:os.system [id]\n", "x.yaml:1: expected no tags, found"),
        ("a: 1\n\na: 2\n", "x.yaml:3: a: expected each key once, found it again (first on line 1)"),
        ("a: 1\n---\nb: 2\n", "x.yaml:2: expected one YAML document, found a second one after `---`"),
        ("a:\n  b: 1\n c: 2\n", "x.yaml:3: not YAML: "),
        ("a: [1\n", "x.yaml:2: not YAML: "),
        ("a: \t- b\n\tc", "x.yaml:"),
        ("? [a]\n: 1\n", "x.yaml:1: expected a key of plain text, found a list or a mapping"),
        ("a: " + "[" * 100_000, f"x.yaml:1: a{'[0]' * (DEPTH - 2)}: expected at most {DEPTH} levels, found more"),
        (b"ok: 1\na: \xff\n", "x.yaml:2: expected UTF-8 text, found byte 0xff"),
        ("ok: 1\na: \x00\n", "x.yaml:2: not YAML: "),
        (b"a: " + b"x" * (1 << 20), "x.yaml: expected at most 1 MiB, found 1,048,579 bytes"),
    ],
)
def test_what_is_refused_is_said_with_its_line(text: str | bytes, words: str, tmp_path: Path) -> None:
    problems = said(text, tmp_path)
    assert len(problems) == 1
    assert problems[0].startswith(words)


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").mkdir()
    assert [problem.words for problem in Document.read(tmp_path / "x.yaml").problems] == [
        "cannot be read: Is a directory"
    ]


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert Document.read(tmp_path / "x.yaml").data == {"a": 1}


NAMES = st.text("abcxyz_-", min_size=1, max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_a_yaml_writer_writes_is_read_back(value: object) -> None:
    document = read(yaml.safe_dump(value, default_flow_style=False, allow_unicode=False))
    assert document.problems == []
    assert document.data == value


@given(st.lists(NAMES | st.integers(0, 99), max_size=6).map(tuple))
def test_a_key_path_is_read_as_it_is_shown(path: tuple[str | int, ...]) -> None:
    assert keyed(shown(path)) == path


@pytest.mark.parametrize(("text", "line"), [("é\n\x7f", 2), ("a: 1\nb: \u2028\x00", 2), ("\u2028\x07", 1)])
def test_a_character_that_yaml_has_not_is_named_with_its_line(text: str, line: int) -> None:
    assert [(one.line, "is not allowed" in one.words) for one in read(text).problems] == [(line, True)]


@given(
    st.binary(max_size=200)
    | st.text("{}[]-:?&*!|>'\"%@`#, \n\tab", max_size=80).map(str.encode)
    | st.text("a:\n\x00\x07\x7f\x85é\u2028\ufeff\U0001f600", max_size=20).map(str.encode)
)
def test_no_file_makes_the_reader_raise(raw: bytes) -> None:
    document = Document(Path("x.yaml"))
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return
    document.parse(text)
    assert all(problem.line >= 0 and problem.words for problem in document.problems)
