"""What a document says, as rows: operations and the schemas they use, what each takes and answers, how one signs in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from probes.kit.contract import Malformed

from .document import References, as_object, items, mapping
from .shapes import Row, Shapes, safe

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
JSON: Final = "application/json"


class Told:
    """`parts`: operations and named schemas; `fields(part)`: what a part takes and answers. Raises Malformed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._references = References(document)
        self._shapes = Shapes(self._references)
        self._schemas = mapping(mapping(document, "components"), "schemas")
        try:
            self._operations = dict(self._find())
            self._fields = {key: list(self._operation(key)) for key in self._operations}
            self._named()
        except RecursionError:
            raise Malformed("the document refers to itself without end", code="cycle") from None

    @property
    def parts(self) -> list[Row]:
        rows = []
        for key, (_, operation) in self._operations.items():
            rows.append({"key": key, "label": operation.get("summary"), "id": operation.get("operationId"),
                         "deprecated": operation.get("deprecated") is True or None,
                         "sunset": operation.get("x-sunset")})  # fmt: skip
        for name in sorted(self._fields.keys() - self._operations.keys()):
            schema = self._references.follow(self._schemas[name])
            rows.append({"key": name, "label": schema.get("title"), "sunset": schema.get("x-sunset"),
                         "deprecated": schema.get("deprecated") is True or None})  # fmt: skip
        return rows

    def fields(self, part: str) -> list[Row] | None:
        """None: the document has no such part, or leads nobody to it."""
        return self._fields.get(part)

    def security(self) -> list[Row]:
        """The ways to sign in, with the rights that each knows."""
        found = []
        for name, scheme in mapping(mapping(self._document, "components"), "securitySchemes").items():
            told = self._references.follow(scheme)
            kinds = (told.get(word) for word in ("type", "scheme", "in", "name"))
            grants = {right for flow in mapping(told, "flows").values() for right in mapping(as_object(flow), "scopes")}
            found.append(
                {"key": name, "label": " ".join(str(kind) for kind in kinds if kind), "grants": sorted(grants)}
            )
        return found

    def about(self) -> Row:
        info, servers = mapping(self._document, "info"), items(self._document, "servers")
        urls = [as_object(one).get("url") for one in servers]
        return {"key": "document", "label": info.get("title"), "version": info.get("version"),
                "versions": [str(self._document["openapi"])], "servers": sorted(str(url) for url in urls)}  # fmt: skip

    def _find(self) -> Iterator[tuple[str, tuple[Mapping[str, Any], Mapping[str, Any]]]]:
        """Operations by "METHOD /path", webhooks by "WEBHOOK name method", each with the path it stands under."""
        for place, prefix in (("paths", ""), ("webhooks", "WEBHOOK ")):
            for name, item in mapping(self._document, place).items():
                told = self._references.follow(item)
                for method in METHODS:
                    if operation := mapping(told, method):
                        yield f"{prefix}{method.upper()} {name}", (told, operation)

    def _operation(self, key: str) -> Iterator[Row]:
        """A webhook is the other way round: what it sends is what we are given."""
        item, operation = self._operations[key]
        sent, answered = ("response", "request") if key.startswith("WEBHOOK ") else ("request", "response")
        parameters: dict[tuple[str, str], Mapping[str, Any]] = {}
        for one in (*items(item, "parameters"), *items(operation, "parameters")):
            told = self._references.follow(one)
            parameters[str(told.get("in")), str(told.get("name"))] = told
        for (place, name), told in parameters.items():
            yield from self._value(told, f"{sent}/{place}.{safe(name)}", sent == "request")
        body = self._references.follow(operation.get("requestBody"))
        yield from self._contents(body, f"{sent}/body", sent == "request")
        if security := items(operation if "security" in operation else self._document, "security"):
            ways = [{name: sorted(map(str, items(way, name))) for name in way} for way in map(as_object, security)]
            yield {"key": f"{sent}/security", "conditions": sorted(ways, key=str)}
        responses = mapping(operation, "responses")
        if responses:
            yield {"key": f"{answered}/status", "values": sorted(str(status).upper() for status in responses)}
        good = [status for status in responses if str(status)[:1] in "23"] or [
            one for one in responses if one == "default"
        ]
        for status in good:
            told = self._references.follow(responses[status])
            headers = {name.lower(): header for name, header in mapping(told, "headers").items()}
            for name, header in headers.items():
                where = f"{answered}/{status}.header.{safe(name)}"
                yield from self._value(self._references.follow(header), where, answered == "request")
            yield from self._contents(told, f"{answered}/{status}.body", answered == "request")

    def _value(self, told: Mapping[str, Any], key: str, sent: bool) -> Iterator[Row]:
        """A parameter or a header: its schema may stand in its one content type."""
        schema = told.get("schema")
        if schema is None:
            schema = next((as_object(one).get("schema") for one in mapping(told, "content").values()), {})
        rows = self._shapes.rows(schema, key, sent=sent, required=told.get("required") is True)
        first = next(rows)
        own = {"deprecated": told.get("deprecated") is True or None, "sunset": told.get("x-sunset")}
        yield {**first, **{name: value for name, value in own.items() if value is not None}}
        yield from rows

    def _contents(self, told: Mapping[str, Any], key: str, sent: bool) -> Iterator[Row]:
        """A body by its media types; JSON, where it is one of them, is simply the body. Where it stands there more than
        once, with parameters, as OData has it, the shortest is, and the others keep their whole names."""
        content = mapping(told, "content")
        spelled = [kind for kind in content if kind.partition(";")[0].strip().lower() == JSON]
        body = min(spelled, key=lambda kind: (len(kind), kind), default=None)
        for kind, one in content.items():
            where = key if kind == body else f"{key}({safe(kind)})"
            yield from self._shapes.rows(
                as_object(one).get("schema"), where, sent=sent, required=told.get("required") is True
            )

    def _named(self) -> None:
        """The schemas that operations lead to, each in the directions in which it goes."""
        for sent in (True, False):
            seen: set[str] = set()
            while todo := self._shapes.used[sent] - seen:
                name = min(todo)
                seen.add(name)
                if name not in self._schemas:
                    raise Malformed(
                        f"$ref '#/components/schemas/{name[:80]}' leads nowhere in the document", code="ref"
                    )
                where = "request/value" if sent else "response/value"
                self._fields.setdefault(name, []).extend(self._shapes.rows(self._schemas[name], where, sent=sent))
