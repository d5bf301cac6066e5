"""A simulated HubSpot account that can be changed as an administrator changes one."""

from __future__ import annotations

from typing import Any

from probes.simulated.control import controlled

from . import wire
from .sent import Sent
from .wire import Wire


class Account(Sent):
    """The account of hubspot-prod; its arguments are those of `Core`."""

    def user(self, email: str) -> Wire:
        found = [user for user in self.users if user["email"] == email]
        if not found:
            raise KeyError(f"there is no user {email}")
        return found[0]

    @controlled
    def add_user(self, email: str, role: str = "511", team: str = "810") -> None:
        self._user(email, role, team, False)
        self._changed("add_user", "USER", email, "CREATE", email=email, role=role)

    @controlled
    def remove_user(self, email: str) -> None:
        gone = self.user(email)
        self.users.remove(gone)
        self.left.append(gone)
        self._changed("remove_user", "USER", email, "DELETE", email=email)

    @controlled
    def set_super_admin(self, email: str, on: bool = True) -> None:
        self.user(email)["superAdmin"] = on
        self._changed("set_super_admin", "USER", email, email=email, on=on)

    @controlled
    def set_role(self, email: str, role: str) -> None:
        self.user(email).update(roleIds=[role], roleId=role)
        self._changed("set_role", "USER", email, email=email, role=role)

    @controlled
    def revoke(self, scope: str) -> None:
        """The key loses a scope."""
        self.scopes.discard(scope)
        self._changed("revoke", "PRIVATE_APP", scope, scope=scope)

    @controlled
    def grant(self, scope: str) -> None:
        """The key gets a scope."""
        self.scopes.add(scope)
        self._changed("grant", "PRIVATE_APP", scope, scope=scope)

    @controlled
    def set_token(self, token: str) -> None:
        """The key is rotated: the old one is refused from now on."""
        self.note("set_token")
        self.token = token

    @controlled
    def expire_tokens(self) -> None:
        """The key is dead until `set_token` gives a new one."""
        self.note("expire_tokens")
        self.token = self.hexes(32)

    @controlled
    def set_portal(self, portal: int, account_type: str = "SANDBOX") -> None:
        """The key leads to another account now."""
        self.note("set_portal", portal=portal, account_type=account_type)
        self.portal, self.account_type = portal, account_type

    @controlled
    def use_quota(self, used: int) -> None:
        self.note("use_quota", used=used)
        self.used = used

    @controlled
    def run_import(self, name: str, rows: int = 240, failed: int = 0, state: str = "DONE", type: str = "0-1",
                   error: str = "INVALID_ENUMERATION_OPTION", source: str = "API") -> None:  # fmt: skip
        """An import runs; `failed` of its rows are refused with this error type."""
        self.note("run_import", name=name, rows=rows, failed=failed, state=state)
        self._import(name, type, rows, failed, state, source, error, self.clock.now() - 60)

    @controlled
    def set_flow(self, id: str, on: bool) -> None:
        row = next(row for row in self.flows if row["id"] == id)
        self._revise(row, isEnabled=on)
        self._changed("set_flow", "WORKFLOW", id, id=id, on=on)

    @controlled
    def alter_flow(self, id: str, **keys: Any) -> None:
        """Sets keys of a workflow, in the vendor's names; it gets a new revision."""
        self._revise(next(row for row in self.flows if row["id"] == id), **keys)
        self._changed("alter_flow", "WORKFLOW", id, id=id, **keys)

    def _revise(self, row: Wire, **keys: Any) -> None:
        row |= {**keys, "revisionId": str(int(row["revisionId"]) + 1)}
        self._touch(row)

    @controlled
    def ask_segment(self, name: str, property: str) -> None:
        """The filter of a segment asks another property; the segment is processed anew."""
        row = next(row for row in self.segments if row["name"] == name)
        (row["filterBranch"]["filterBranches"][0]["filters"][0])["property"] = property
        row |= {"listVersion": row["listVersion"] + 1, "filtersUpdatedAt": wire.stamp(self.clock.now())}
        self._touch(row)
        self._changed("ask_segment", "LIST", row["listId"], name=name, property=property)

    @controlled
    def delete_segment(self, name: str) -> None:
        row = next(row for row in self.segments if row["name"] == name)
        self.segments.remove(row)
        self._changed("delete_segment", "LIST", row["listId"], "DELETE", name=name)

    @controlled
    def set_form_field(self, form: str, field: str, required: bool) -> None:
        """A field of a form becomes required or not."""
        row = next(row for row in self.forms if row["name"] == form)
        for group in row["fieldGroups"]:
            for entry in group["fields"]:
                if entry["name"] == field:
                    entry["required"] = required
        self._touch(row)
        self._changed("set_form_field", "FORM", row["id"], form=form, field=field, required=required)
