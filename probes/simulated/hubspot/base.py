"""What all answers of the simulated HubSpot share: scopes, object types by any of their names, pages, languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from probes.simulated.control import Reply, Request

from . import wire
from .content import TYPES
from .wire import Wire

if TYPE_CHECKING:
    from .core import Core

DATED: Final = r"(?:2026-09|2026-03|2025-09|v3)"
OLDER: Final = {"tickets": "tickets", "products": "e-commerce"}  # scopes from before each object had one of its own
Handler = Callable[[Request, "re.Match[str]"], Reply]
Routes = list[tuple[str, str, Handler]]


class Denial(Exception):
    """An answer that is an error."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class Base:
    """Answers for one account."""

    def __init__(self, account: Core) -> None:
        self.account = account

    def correlation(self) -> str:
        return f"{self.account.hexes(8)}-{self.account.hexes(4)}-{self.account.hexes(4)}-{self.account.hexes(12)}"

    def need(self, *scopes: str) -> None:
        """One of these scopes must be granted."""
        if not self.account.scopes & set(scopes):
            raise Denial(wire.missing(scopes, self.correlation()))

    def need_object(self) -> None:
        """The right to read records of any object, as the vendor asks it for limits, labels and what is switched on."""
        if not any(re.fullmatch(r"crm\.objects\.(?!owners)\w+\.read|tickets|e-commerce", scope)
                   for scope in self.account.scopes):  # fmt: skip
            raise Denial(wire.missing(["crm.objects.contacts.read", "crm.objects.products.read"], self.correlation()))

    def absent(self, what: str) -> Denial:
        return Denial(wire.problem(404, "OBJECT_NOT_FOUND", what, self.correlation()))

    def known(self) -> dict[str, str]:
        """Every name of an object type -> the one it is kept under here."""
        known = {**{id: name for name, id in TYPES.items()}, **{name: name for name in TYPES}}
        for schema in self.account.schemas:
            known |= {schema["objectTypeId"]: schema["name"], schema["fullyQualifiedName"]: schema["name"],
                      schema["name"]: schema["name"]}  # fmt: skip
        return known

    def type(self, found: re.Match[str], place: str = "type") -> str:
        """The object type a path names, by name, type id or full name; its schema scope must be granted."""
        known, given = self.known(), found[place]
        if given not in known:
            raise Denial(
                wire.problem(400, "VALIDATION_ERROR", f"Unable to infer object type from: {given}", self.correlation())
            )
        name = known[given]
        own = name if name in TYPES else "custom"
        older = [OLDER[name]] if name in OLDER else []
        self.need(f"crm.schemas.{own}.read", f"crm.objects.{own}.read", *older)
        return name

    def paged(self, rows: list[Wire], request: Request, most: int = 100) -> Reply:
        try:
            body = wire.page(rows, request.query, request.base, request.path, self.account.page or most)
        except ValueError:
            raise Denial(
                wire.problem(400, "VALIDATION_ERROR", "limit and after must be numbers", self.correlation())
            ) from None
        return Reply(200, body | {"results": self.account.mixed(body["results"])})

    def spoken(self, rows: list[Wire], request: Request) -> list[Wire]:
        """Labels that the vendor made, in the language that is asked for; the customer's own stay as they are."""
        language = request.query.get("locale") or request.headers.get("accept-language", "")
        if not language or language.startswith("en") or language == "*":
            return rows
        return [row if row.get("hubspotDefined") is False else row | {"label": f"[{language}] {row['label']}"}
                for row in rows]  # fmt: skip


def chosen(rows: list[Wire], names: list[str], keep: Any = ("id",)) -> list[Wire]:
    """Only these keys of rows, where any are named."""
    return [{name: row[name] for name in row if name in names or name in keep} for row in rows] if names else rows
