"""What an administrator can do to objects, labels, e-mails, campaigns and subscriptions of a simulated account."""

from __future__ import annotations

from typing import Any

from probes.simulated.control import controlled

from . import wire
from .fields import Fields
from .wire import Wire


class Sent(Fields):
    """What is switched on, how objects are linked, and what is sent."""

    @controlled
    def enable_object(self, id: str, on: bool = True) -> None:
        """An object of the library is switched on or off."""
        self.library[id] = on
        self._changed("enable_object", "CRM_OBJECT", id, id=id, on=on)

    @controlled
    def add_owner(self, id: str, email: str) -> None:
        """The Salesforce connector brings somebody along who is no user here."""
        self.synced.append({**self.synced[-1], "id": id, "email": email, "teams": []})
        self.note("add_owner", id=id, email=email)

    @controlled
    def set_limit(self, name: str, most: int) -> None:
        """The plan allows another number; nobody in the account did it."""
        self.limits[name] = most
        self.note("set_limit", name=name, most=most)

    @controlled
    def add_label(self, here: str, there: str, label: str, most: int = 0) -> None:
        """A label of the customer's own on the links from one object to another."""
        id = 1 + max((row["typeId"] for row in self.labels), default=100)
        self.labels.append({"from": here, "to": there, "typeId": id, "label": label, "most": most})
        self._changed("add_label", "ASSOCIATION", str(id), "CREATE", here=here, there=there, label=label)

    @controlled
    def alter_label(self, id: int, **keys: Any) -> None:
        next(row for row in self.labels if row["typeId"] == id).update(keys)
        self._changed("alter_label", "ASSOCIATION", str(id), id=id, **keys)

    @controlled
    def remove_label(self, id: int) -> None:
        self.labels = [row for row in self.labels if row["typeId"] != id]
        self._changed("remove_label", "ASSOCIATION", str(id), "DELETE", id=id)

    @controlled
    def alter_email(self, id: str, **keys: Any) -> None:
        """Sets keys of a marketing e-mail, in the vendor's names."""
        row = next(row for row in self.emails if row["id"] == id)
        row |= {**keys, "updatedById": self._actor()["id"]}
        self._touch(row)
        self._content(row, "UPDATED")
        self.note("alter_email", id=id, **keys)

    @controlled
    def delete_email(self, id: str) -> None:
        row = next(row for row in self.emails if row["id"] == id)
        self.emails.remove(row)
        self._content(row, "DELETED")
        self.note("delete_email", id=id)

    def _content(self, row: Wire, event: str) -> None:
        """A line of the audit of content."""
        user = self._actor()
        self.content_audit.append({
            "objectId": row["id"], "objectName": row["name"], "objectType": "EMAIL", "event": event,
            "userId": user["id"], "fullName": f"{user['firstName']} {user['lastName']}", "meta": {},
            "timestamp": wire.stamp(self.clock.now()),
        })  # fmt: skip

    @controlled
    def alter_campaign(self, id: str, **properties: str) -> None:
        row = next(row for row in self.campaigns if row["id"] == id)
        row["properties"] |= properties
        self._touch(row)
        self._changed("alter_campaign", "CAMPAIGN", id, id=id, **properties)

    @controlled
    def alter_subscription(self, id: str, **keys: Any) -> None:
        row = next(row for row in self.subscriptions if row["id"] == id)
        row |= keys
        self._touch(row)
        self._changed("alter_subscription", "SUBSCRIPTION", id, id=id, **keys)
