"""A block that somebody wrote wrongly is told key by key, and never by what stands there."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field, ValidationError, field_validator

from probes.kit.contract import Kind
from probes.kit.mistakes import sentences
from probes.kit.values import Model

SECRET = "hunter2-canary"


class Part(Model):
    name: str = Field(pattern="^[a-z]+$")
    kind: Kind = Field(strict=False)
    style: Literal["plain"] = "plain"
    facts: dict[str, str] = Field(default_factory=dict)

    @field_validator("facts")
    @classmethod
    def _known(cls, value: dict[str, str]) -> dict[str, str]:
        if "colour" in value:
            raise ValueError("Colour is no fact")
        return value


class Block(Model):
    parts: tuple[Part, ...] = Field(min_length=1, strict=False)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"kind": "field"}, "own.parts[0].name: is missing"),
        ({"name": SECRET, "kind": "field"}, "own.parts[0].name: expected what fits ^[a-z]+$"),
        ({"name": 3, "kind": "field"}, "own.parts[0].name: expected text"),
        ({"name": "a", "kind": SECRET}, "own.parts[0].kind: expected 'schema', 'field',"),
        ({"name": "a", "kind": "field", "style": SECRET}, "own.parts[0].style: expected 'plain'"),
        ({"name": "a", "kind": "field", "more": SECRET}, "own.parts[0].more: is an unknown key"),
        ({"name": "a", "kind": "field", "facts": SECRET}, "own.parts[0].facts: expected a mapping"),
        ({"name": "a", "kind": "field", "facts": {"colour": SECRET}}, "own.parts[0].facts: colour is no fact"),
    ],
)
def test_each_mistake_is_a_sentence_with_its_key(part: object, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Block.model_validate({"parts": [part]})
    (said,) = sentences("own", caught.value)
    assert said.startswith(words) and SECRET not in said, "and no word of a list that is short for want of it"


def test_a_list_without_entries_says_so() -> None:
    with pytest.raises(ValidationError) as caught:
        Block.model_validate({"parts": []})
    assert sentences("own", caught.value) == ["own.parts: expected at least one entry"]
