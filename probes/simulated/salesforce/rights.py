"""What an administrator can do to permissions and people of a simulated org."""

from __future__ import annotations

from typing import Any

from probes.simulated.control import controlled

from . import example, tables
from .core import Core


class Rights(Core):
    """Permission sets, profiles, assignments, users."""

    @controlled
    def set_permission(
        self, permission_set: str, object: str, field: str = "", read: bool = True, edit: bool = False,
        create: bool | None = None, delete: bool | None = None,
    ) -> None:  # fmt: skip
        """Field permission with `field`, else object permission. No right at all means no row, as at the vendor."""
        parent = self._set(permission_set)["Id"]
        if field:
            self._field(object, field)
            wanted = {"PermissionsRead": read or edit, "PermissionsEdit": edit}
            self._permission("FieldPermissions", wanted, ParentId=parent, SobjectType=object, Field=f"{object}.{field}")
        else:
            self.org.thing(object)
            wanted = {"PermissionsRead": read or edit, "PermissionsEdit": edit}
            for name, given in (("Create", create), ("Delete", delete)):
                if given is not None or not read:
                    wanted[f"Permissions{name}"] = bool(given)
            self._permission("ObjectPermissions", wanted, ParentId=parent, SobjectType=object)
        said = f"Changed permissions of {permission_set} on {object}{'.' + field if field else ''}"
        self._changed("set_permission", "Manage Users", said, permission_set=permission_set, object=object, field=field,
                      read=read, edit=edit)  # fmt: skip

    def _permission(self, table: str, wanted: dict[str, bool], **where: Any) -> None:
        rows = self.org.rows[table]
        found = next((row for row in rows if all(row[name] == value for name, value in where.items())), None)
        if not any(wanted.values()):
            self.org.rows[table] = [row for row in rows if row is not found]
        elif found is None:
            self.org.add_row(table, self.clock.now(), **where, **wanted)
        else:
            found |= wanted
            self._touch(found)

    @controlled
    def hide_field(self, object: str, field: str, permission_set: str = "Driftline_Monitor") -> None:
        """Field-level security takes the field from a set; it vanishes from that user's describe."""
        self.set_permission(permission_set, object, field, read=False)

    @controlled
    def set_power(self, permission_set: str, power: str, on: bool) -> None:
        """A system permission of a set, without its prefix: `ViewSetup`, `ModifyAllData`."""
        if power not in tables.POWERS:
            raise KeyError(f"there is no system permission {power}")
        row = self._set(permission_set)
        row[f"Permissions{power}"] = on
        self._touch(row)
        said = f"{'Enabled' if on else 'Disabled'} {power} in {permission_set}"
        self._changed("set_power", "Manage Users", said, permission_set=permission_set, power=power, on=on)

    @controlled
    def revoke(self, power: str = "ViewSetup") -> None:
        """The monitor loses a system right."""
        self.set_power("Driftline_Monitor", power, False)

    @controlled
    def grant(self, power: str = "ViewSetup") -> None:
        """The monitor gets a system right."""
        self.set_power("Driftline_Monitor", power, True)

    @controlled
    def assign(self, username: str, permission_set: str) -> None:
        user, row = self.org.row("User", Username=username), self._set(permission_set)
        self.org.add_row("PermissionSetAssignment", self.clock.now(), AssigneeId=user["Id"], PermissionSetId=row["Id"],
                         IsActive=True)  # fmt: skip
        said = f"Assigned {permission_set} to {username}"
        self._changed("assign", "Manage Users", said, username=username, permission_set=permission_set)

    @controlled
    def unassign(self, username: str, permission_set: str) -> None:
        user, row = self.org.row("User", Username=username), self._set(permission_set)
        found = self.org.row("PermissionSetAssignment", AssigneeId=user["Id"], PermissionSetId=row["Id"])
        self.org.rows["PermissionSetAssignment"].remove(found)
        said = f"Took {permission_set} from {username}"
        self._changed("unassign", "Manage Users", said, username=username, permission_set=permission_set)

    @controlled
    def add_user(self, username: str, profile: str = "Marketing User", role: str = "Marketing") -> None:
        example.add_user(self.org, username, profile, role, True, None)
        self._changed("add_user", "Manage Users", f"Created user {username}", [], username=username, profile=profile)

    @controlled
    def set_active(self, username: str, on: bool = True) -> None:
        self.org.row("User", Username=username)["IsActive"] = on
        said = f"{'Activated' if on else 'Deactivated'} user {username}"
        self._changed("set_active", "Manage Users", said, [], username=username, on=on)

    @controlled
    def move_role(self, name: str, above: str) -> None:
        """A role reports to another one."""
        row = self.org.row("UserRole", DeveloperName=name)
        row["ParentRoleId"] = self.org.row("UserRole", DeveloperName=above)["Id"] if above else None
        self._touch(row)
        self._changed("move_role", "Manage Users", f"Changed role {name}", [], name=name, above=above)

    @controlled
    def deactivate_user(self, username: str) -> None:
        self.set_active(username, on=False)

    @controlled
    def set_profile(self, username: str, profile: str) -> None:
        user, row = self.org.row("User", Username=username), self.org.row("Profile", Name=profile)
        before, after = (self.org.row("PermissionSet", ProfileId=id)["Id"] for id in (user["ProfileId"], row["Id"]))
        self.org.row("PermissionSetAssignment", AssigneeId=user["Id"], PermissionSetId=before)["PermissionSetId"] = (
            after
        )
        user["ProfileId"] = row["Id"]
        said = f"Changed the profile of {username} to {profile}"
        self._changed("set_profile", "Manage Users", said, username=username, profile=profile)
