"""Durations, addresses to listen on, references: what is read, and what is refused."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from monitor.config.models import Server, Stack
from monitor.config.types import DATABASES, Address, Listen, Reference, seconds, spelled, zone_of
from probes.kit import hosts


@given(st.integers(1, 10**8))
def test_a_duration_is_read_as_it_is_spelled(total: int) -> None:
    assert seconds(spelled(total)) == total


@pytest.mark.parametrize(
    ("text", "total"), [("45s", 45), ("5m", 300), ("1h30m", 5400), ("14d", 1_209_600), ("90m", 5400)]
)
def test_durations_people_write(text: str, total: float) -> None:
    assert seconds(text) == total


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "m",
        "5 m",
        "5min",
        "30m1h",
        "-5m",
        "1.5h",
        "5m\n",
        300,
        None,
        "٥m",
        "40000d",
        "9" * 39 + "d",
        "9" * 5000 + "d",
    ],
)
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(PydanticCustomError, match="a duration"):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("127.0.0.1:9731", True),
        ("127.9.9.9:1", True),
        ("localhost:0", True),
        ("[::1]:9731", True),
        ("0.0.0.0:9731", False),
        ("[::]:9731", False),
        ("10.0.0.1:65535", False),
    ],
)
def test_who_can_reach_a_listener(text: str, loopback: bool) -> None:
    listen = Listen.parse(text)
    assert (str(listen), listen.loopback) == (text, loopback)


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("localhost:8080", "http://localhost:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("[::]:8080", "http://127.0.0.1:8080"),
    ],
)
def test_links_lead_to_where_the_pages_are_when_nothing_else_is_said(listen: str, address: str) -> None:
    assert Server.model_validate({"listen": listen}).external_url == address
    said = {"listen": listen, "external_url": "https://drift.example.com"}
    assert Server.model_validate(said).external_url == "https://drift.example.com"


def test_where_the_listener_is_wrong_that_alone_is_said() -> None:
    with pytest.raises(ValidationError) as caught:
        Server.model_validate({"listen": "nowhere"})
    assert [one["loc"] for one in caught.value.errors()] == [("listen",)]


@pytest.mark.parametrize("text", ["9731", ":9731", "127.0.0.1", "127.0.0.1:65536", "1.2.3:1", "a b:1", 9731, None])
def test_what_is_no_listener_is_refused(text: object) -> None:
    with pytest.raises(PydanticCustomError, match="address"):
        Listen.parse(text)


@pytest.mark.parametrize("text", ["${env:A}", "${file:/run/a b}", "${cmd:pass show crm/token}"])
def test_a_reference_is_shown_as_it_is_written(text: str) -> None:
    assert str(Reference.parse(text)) == text


@pytest.mark.parametrize("text", ["hunter2", "${hunter2}", "${vault:hunter2}", "${env:}", "x${env:hunter2}", 5, None])
def test_what_is_no_reference_is_refused_without_being_repeated(text: object) -> None:
    with pytest.raises(PydanticCustomError, match="a reference such as") as caught:
        Reference.parse(text)
    assert "hunter2" not in str(caught.value)


def test_a_stacks_days_are_those_of_its_time_zone() -> None:
    stack = Stack.model_validate({"name": "example", "timezone": "Europe/Berlin"})
    assert zone_of(stack.timezone) == ZoneInfo("Europe/Berlin")
    assert zone_of(Stack.model_validate({"name": "example"}).timezone) is UTC


@pytest.mark.parametrize("text", ["Mars/Base", "", "../etc/passwd", 5])
def test_a_time_zone_that_is_none_is_refused(text: object) -> None:
    with pytest.raises(ValidationError, match="a time zone"):
        Stack.model_validate({"name": "example", "timezone": text})


def test_databases_have_an_address_and_files_have_none() -> None:
    assert set(DATABASES) == set(hosts.DATABASES), "as the kit names them"
    read = TypeAdapter(Address).validate_python
    assert read("postgresql://db.example.com:5432/people") == "postgresql://db.example.com:5432/people"
    for text in (
        "sqlite:///people.db",
        "duckdb:people",
        "file:///people",
        "mysql://db.example.com/x",
        "postgresql:///x",
    ):
        with pytest.raises(ValidationError, match="never a file"):
            read(text)
    for text in ("postgresql://me:secret@db.example.com/x", "postgresql://db.example.com/x?options=-c"):
        with pytest.raises(ValidationError, match="without"):
            read(text)
