"""What one user sees and may do: an org seen through the user's permission sets."""

from __future__ import annotations

from . import content, tables
from .org import Org
from .wire import Wire


class Sight:
    """Computed once per change of the org; see `Account.sight`."""

    def __init__(self, org: Org, user: str) -> None:
        self.org = org
        self.sets = org.sets_of(user)
        self.objects, self.fields = org.rights(self.sets)
        self.all = self.has("ViewAllData") or self.has("ModifyAllData")

    def has(self, power: str) -> bool:
        return self.org.has(self.sets, power)

    def may(self, power: str) -> bool:
        return not power or self.has(power)

    def rights(self, object: str) -> set[str]:
        """Letters of r, c, e, d; `*` for reading all fields."""
        if object in tables.TABLES:
            return {"r"}
        if object in content.TWINS:  # a twin is seen with its parent
            return {"r"} & self.rights("Lead")
        held = set(self.objects.get(object, set()))
        return held | {"r"} if self.all else held

    def sees(self, object: str) -> bool:
        known = object in self.org.bulk or object in self.org.objects
        if object in tables.TABLES and not self.may(tables.TABLES[object].needs):
            return False
        return known and (object.startswith("Bulk_") or "r" in self.rights(object))

    def able(self, object: str) -> dict[str, bool]:
        """The object's booleans as they are for this user."""
        held = self.rights(object)
        thing = self.org.objects[object]
        writable = {"createable": "c" in held, "updateable": "e" in held, "deletable": "d" in held}
        mine = {name: thing["able"][name] and may for name, may in writable.items()}
        out: dict[str, bool] = {**thing["able"], **mine}
        return out

    def sees_field(self, object: str, entry: Wire) -> bool:
        if not entry["permissionable"] or "*" in self.rights(object) or object in content.TWINS:
            return True
        return "r" in self.fields.get(f"{object}.{entry['name']}", set())

    def field(self, object: str, entry: Wire) -> Wire:
        """The entry as this user gets it: what may be written depends on the user's rights."""
        held = self.rights(object)
        free = not entry["permissionable"] or "e" in self.fields.get(f"{object}.{entry['name']}", set())
        create = entry["createable"] and free and "c" in held
        update = entry["updateable"] and free and "e" in held
        return {**entry, "createable": create, "updateable": update}
