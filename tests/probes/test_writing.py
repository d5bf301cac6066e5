"""The vendor file that docs/writing-a-vendor.md writes in half an hour: it keeps the rules as it stands on the page."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from probes.kit.clock import ManualClock
from probes.kit.listing import Vendor
from probes.kit.registry import load, own
from probes.testing.accounts import Wire, Written
from probes.testing.contract import Contract
from probes.testing.rules import CHECKS, RULES, problems

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "writing-a-vendor.md").read_text("utf-8")
CODE = re.search(r"```python\n(.*?)```", PAGE, re.S)
ANSWERS = re.findall(r"^(\S+\.json)\n  (\{.*\})$", PAGE, re.M)


@pytest.fixture
def written(tmp_path: Path) -> tuple[Vendor, Path]:
    assert CODE is not None
    (tmp_path / "plausible.py").write_text(CODE[1])
    replies = tmp_path / "replies" / "plausible"
    replies.mkdir(parents=True)
    for name, text in ANSWERS:
        (replies / name).write_text(text)
    return load(tmp_path / "plausible.py"), replies


@pytest.mark.parametrize("rule", RULES)
def test_it_keeps_the_rule(written: tuple[Vendor, Path], rule: str) -> None:
    vendor, replies = written

    def make(one: Vendor, clock: ManualClock, secrets: dict[str, str]) -> tuple[Any, Any]:
        said = Written(replies)
        return said, Wire(said)

    async def held() -> None:
        async with Contract(vendor, make, {}) as made:
            await CHECKS[rule](made, rule)

    asyncio.run(held())


def test_it_is_short_exempt_from_nothing_and_of_no_list_of_ours(written: tuple[Vendor, Path]) -> None:
    vendor, _ = written
    assert CODE is not None and len(CODE[1].splitlines()) < 60 and f"{len(CODE[1].splitlines())} lines" in PAGE
    assert not vendor.exempt and problems(vendor) == [] and vendor.name not in own()


def test_an_answer_that_is_not_written_down_is_named(written: tuple[Vendor, Path]) -> None:
    vendor, replies = written
    (replies / "sites__custom-props.json").unlink()

    def make(one: Vendor, clock: ManualClock, secrets: dict[str, str]) -> tuple[Any, Any]:
        said = Written(replies)
        return said, Wire(said)

    async def held() -> None:
        async with Contract(vendor, make, {}) as made:
            await CHECKS["complete"](made, "complete")

    with pytest.raises(AssertionError, match=r"no answer is written down in sites__custom-props\.json"):
        asyncio.run(held())


async def test_an_address_of_the_vendors_own_in_an_answer_leads_to_where_it_is_asked(tmp_path: Path) -> None:
    (tmp_path / "lists.json").write_text('{"next": "https://api.acme.example/v1/lists?page=2", "of": "acme.example"}')
    async with httpx.AsyncClient(transport=Written(tmp_path, "https://api.acme.example/v1/")) as client:
        told = (await client.get("https://account.test/lists")).json()
    assert told == {"next": "https://account.test/lists?page=2", "of": "acme.example"}


def test_each_answer_on_the_page_is_json() -> None:
    assert len(ANSWERS) == 7 and all(isinstance(json.loads(text), dict) for _, text in ANSWERS)
