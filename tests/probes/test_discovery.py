"""What holds answers against a discovery document finds what is wrong with them."""

from __future__ import annotations

from typing import Any

from .discovery import unlike

DOCUMENT: dict[str, Any] = {
    "servicePath": "v1/",
    "resources": {
        "things": {
            "methods": {
                "patch": {"httpMethod": "PATCH", "path": "things/{thingId}", "response": {"$ref": "Other"}},
                "get": {"httpMethod": "GET", "path": "{+name}", "flatPath": "things/{thingId}",
                        "response": {"$ref": "Thing"}},
            },
            "resources": {
                "parts": {"methods": {"live": {"httpMethod": "GET", "path": "things/{thingId}/parts:live"}}},
            },
        },
    },
    "schemas": {
        "Other": {"type": "object", "properties": {}},
        "Thing": {
            "type": "object",
            "properties": {
                "name": {"type": "string"}, "state": {"type": "string", "enum": ["ON", "OFF"]},
                "size": {"type": "number"}, "parts": {"type": "array", "items": {"$ref": "Thing"}},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}}, "open": {"type": "any"},
            },
        },
    },
}  # fmt: skip


def test_what_is_of_the_document_is_not_told() -> None:
    row = {"name": "a", "state": "ON", "size": 1, "parts": [{"size": 1.5}], "labels": {"x": "y"}, "open": {"z": 1}}
    assert unlike(DOCUMENT, [("/v1/things/7", row), ("/v1/things/7/parts:live", {"any": None})]) == []


def test_a_path_a_key_a_type_and_a_word_that_are_not_in_it_are_told() -> None:
    row = {"nome": "a", "state": "GONE", "size": "big", "parts": [{"name": 1}], "labels": {"x": 2}}
    said = unlike(DOCUMENT, [("/v1/thing/7", {}), ("/v1/things/7", row)])
    assert [one.partition(": ")[2] or one for one in said] == [
        "no path /v1/thing/7",
        ".nome is not in the document",
        ".state is 'GONE', which is none of the document's words",
        '.size is "big", and the document has number',
        ".parts[0].name is 1, and the document has string",
        ".labels.x is 2, and the document has string",
    ]
