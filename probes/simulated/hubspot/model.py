"""How an account is built beside its properties: owners, objects that can be switched on, association labels, limits.

Shapes are those of the vendor's published specification of 2026-09 (owners, object library, associations schema, limits
tracking). Limits that are zero are told as such; a plan that lacks a limit is not simulated.
"""

from __future__ import annotations

import re
from typing import Any

from probes.simulated.control import Reply, Request

from . import wire
from .base import DATED, Base, Denial, Routes
from .content import TYPES
from .wire import Wire


class Model(Base):
    """Answers about the account's data model."""

    def model_routes(self) -> Routes:
        dated = rf"^/crm/associations/{DATED}"
        limits = rf"^/crm/limits/{DATED}"
        return [
            ("GET", rf"^/crm/owners/{DATED}$", self.owners),
            ("GET", rf"^/crm/object-library/{DATED}/enablement$", self.library),
            ("GET", rf"{dated}/definitions/configurations/all$", self.configurations),
            ("GET", rf"{dated}/(?P<here>[^/]+)/(?P<there>[^/]+)/labels$", self.labels),
            ("GET", rf"{limits}/associations/labels$", self.label_limits),
            ("GET", rf"{limits}/custom-object-types$", self.object_limits),
            ("GET", rf"{limits}/(?P<what>custom-properties|calculated-properties)$", self.property_limits),
            ("GET", rf"{limits}/(?P<what>records|pipelines)$", self.counted_limits),
        ]

    def owners(self, request: Request, found: re.Match[str]) -> Reply:
        """Users are owners; who was taken away stays in the archive. A queue has no mailbox, and whom the Salesforce
        connector brought no user."""
        self.need("crm.objects.owners.read")
        account = self.account
        archived = request.query.get("archived") == "true"
        rows: list[Wire] = []
        for user in account.left if archived else account.users:
            first = user.get("primaryTeamId")
            teams = [{"id": id, "name": account.teams[id], "primary": id == first}
                     for id in (first, *user["secondaryTeamIds"]) if id]  # fmt: skip
            row = {"id": f"9{user['id']}", "email": user["email"], "type": "PERSON", "firstName": user["firstName"],
                   "lastName": user["lastName"], "userIdIncludingInactive": int(user["id"]),
                   "createdAt": wire.stamp(account.born), "updatedAt": wire.stamp(account.born), "archived": archived,
                   "teams": teams}  # fmt: skip
            rows.append(row if archived else row | {"userId": int(user["id"])})
        return self.paged(rows if archived else rows + account.synced, request)

    def library(self, request: Request, found: re.Match[str]) -> Reply:
        self.need_object()
        return Reply(200, {"enablementByObjectTypeId": dict(self.account.library)})

    # associations

    def object(self, given: str) -> str:
        known = self.known()
        if given not in known:
            raise Denial(wire.problem(400, "VALIDATION_ERROR", f"no object type {given}", self.correlation()))
        return known[given]

    def labels(self, request: Request, found: re.Match[str]) -> Reply:
        """All types of one direction; the vendor's own have no label, but for a few."""
        self.need_object()
        here, there = self.object(found["here"]), self.object(found["there"])
        rows = [{"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}]
        rows += [{"category": "USER_DEFINED", "typeId": row["typeId"], "label": row["label"]}
                 for row in self.account.labels if (row["from"], row["to"]) == (here, there)]  # fmt: skip
        return Reply(200, {"results": self.account.mixed(rows)})

    def configurations(self, request: Request, found: re.Match[str]) -> Reply:
        self.need_object()
        rows = [{"category": "USER_DEFINED", "typeId": row["typeId"], "label": row["label"],
                 "userEnforcedMaxToObjectIds": row["most"]} for row in self.account.labels if row["most"]]  # fmt: skip
        return Reply(200, {"results": self.account.mixed(rows)})

    def label_limits(self, request: Request, found: re.Match[str]) -> Reply:
        """Pairs of objects with labels of the customer's own."""
        self.need_object()
        of: dict[tuple[str, str], list[str]] = {}
        for row in self.account.labels:
            of.setdefault((row["from"], row["to"]), []).append(row["label"])
        rows = [{"fromObjectType": self.named(here), "toObjectType": self.named(there), "allLabels": labels,
                 "limit": 10, "usage": len(labels), "percentage": len(labels) / 10}
                for (here, there), labels in of.items()]  # fmt: skip
        return Reply(200, {"results": self.account.mixed(rows)})

    def named(self, name: str) -> Wire:
        """An object type as limits name it."""
        schema = next((one for one in self.account.schemas if one["name"] == name), None)
        if schema is not None:
            return {"objectTypeId": schema["objectTypeId"], "singularLabel": schema["labels"]["singular"],
                    "pluralLabel": schema["labels"]["plural"]}  # fmt: skip
        said = wire.label(name)
        return {"objectTypeId": TYPES[name], "singularLabel": said.removesuffix("s"), "pluralLabel": said}

    # limits

    def object_limits(self, request: Request, found: re.Match[str]) -> Reply:
        self.need("crm.schemas.custom.read", "crm.objects.custom.read")
        return Reply(200, self.used(len(self.account.schemas), self.account.limits["custom-object-types"]))

    def property_limits(self, request: Request, found: re.Match[str]) -> Reply:
        self.need_object()
        rows = self.account.properties
        if found["what"] == "calculated-properties":
            of = {name: sum(row["calculated"] for row in held) for name, held in rows.items()}
            whole = self.used(sum(of.values()), self.account.limits["calculated-properties"], "overall")
            return Reply(200, {**whole, "byObjectType": [self.named(name) | {"usage": used}
                                                         for name, used in of.items() if used]})  # fmt: skip
        own = {name: sum(not row["hubspotDefined"] for row in held) for name, held in rows.items()}
        most = self.account.limits["custom-properties"]
        by = [self.named(name) | self.used(used, most) for name, used in own.items()]
        whole = self.used(sum(own.values()), most * len(own), "overall")
        return Reply(200, {**whole, "byObjectType": self.account.mixed(by)})

    def counted_limits(self, request: Request, found: re.Match[str]) -> Reply:
        self.need_object()
        what, account = found["what"], self.account
        count: dict[str, int] = {name: 1000 for name in account.properties}
        if what == "pipelines":
            count = {name: len(account.pipelines.get(name, [])) for name in account.properties}
        most = account.limits[what]
        own = {name: used for name, used in count.items() if name not in TYPES}
        custom = self.used(sum(own.values()), most, "overall")
        return Reply(200, {
            "hubspotDefinedObjectTypes": account.mixed([self.named(name) | self.used(used, most)
                                                        for name, used in count.items() if name in TYPES]),
            "customObjectTypes": {**custom, "byObjectType": [self.named(name) | {"usage": used}
                                                             for name, used in own.items()]},
        })  # fmt: skip

    @staticmethod
    def used(used: int, most: int, word: str = "") -> dict[str, Any]:
        def name(plain: str) -> str:
            return f"{word}{plain.capitalize()}" if word else plain

        return {name("limit"): most, name("usage"): used, name("percentage"): used / most if most else 0.0}
