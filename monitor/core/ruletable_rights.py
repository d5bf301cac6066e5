"""Rules for who may do what: users, roles, permission sets, and the rights of the credential we read with."""

from __future__ import annotations

from typing import Final

from probes.kit.contract import Kind

from .ruletable import ADDED, CHANGED, GENERIC, NARROWED, REMOVED, RENAMED, WIDENED, B, I, Row, W, row

_P = Kind.PERMISSION
_WHO: Final = "Is this person or set meant to have it? If not, ask for it to be taken away today."

ROWS: Final[tuple[Row, ...]] = (
    row(_P, "", ADDED, I, "A new user, role or set has no rights of note until it is given some."),
    row(_P, "", REMOVED, W, "Whoever held it may have lost rights they need."),
    row(_P, "", RENAMED, I, "It has another name and the same rights."),
    row(_P, "(grant)", ADDED, W, "Somebody was given a right they did not have.", security=True, question=_WHO),
    row(_P, "(grant)", REMOVED, W, "Somebody lost a right; syncs that run as them may fail.", writers=B, readers=B),
    row(_P, "(field-right)", ADDED, I, "One more permission set may see or edit this field."),
    row(_P, "(field-right)", REMOVED, W,
        "A permission set can no longer see or edit this field.", writers=B, readers=B),
    row(_P, "(app)", ADDED, W, "One more program may sign in here.", security=True, question=_WHO),
    row(_P, "(app)", REMOVED, W, "Whatever signed in by this app no longer can."),
    row(_P, "(vantage-grants)", NARROWED, W,
        "We no longer see all that we were given to watch; nothing is called gone.",
        question="Was the right taken away on purpose? If not, ask an administrator at the vendor to give it back."),
    row(_P, "(vantage-grants)", WIDENED, I, "We can see more than was approved.",
        question="Capture what is newly seen, or ask for the right to be taken away."),
    row(_P, "(vantage-subject)", CHANGED, W, "We read as another user, who may see other things.",
        question="Is the credential meant to belong to this user? If so, approve the new vantage."),
    row(_P, "(vantage-api_version) (vantage-locale)", CHANGED, I,
        "The vendor describes the same things in another way; nobody changed them."),
    row(_P, "label description user_type team last_owner custom vendor_defined owned_by_profile", CHANGED, I,
        "What it is called or where it belongs changed, not what it may do."),
    row(_P, "status parent_role owner expires_on", CHANGED, W, "Who answers for it, or until when it holds, changed."),
    row(_P, "profile role", CHANGED, W,
        "Another profile or role brings other rights at once.", security=True, question=_WHO),
    row(_P, "active", NARROWED, W,
        "The account is switched off: whatever runs as this user stops.", writers=B, readers=B),
    row(_P, "active", WIDENED, I, "The account can be used again."),
    row(_P, "admin", WIDENED, W, "An administrator can change everything, and give rights to others.", security=True,
        question=_WHO),
    row(_P, "admin", NARROWED, I, "One administrator fewer."),
    row(_P, "app_access api_access", WIDENED, W,
        "There is one more way into the system.", security=True, question=_WHO),
    row(_P, "app_access api_access", NARROWED, W, "Whatever came in this way no longer can."),
    row(_P, "modify_all view_all modify_all_records view_all_records", WIDENED, B,
        "All records can be seen or changed with it, whatever the sharing rules say.", security=True, question=_WHO),
    row(_P, "export customize author_code manage_users delete", WIDENED, W,
        "It lets data leave, or lets people change the system or delete records.", security=True, question=_WHO),
    row(_P, "modify_all view_all export customize author_code manage_users modify_all_records view_all_records delete "
        "share", NARROWED, W, "Whoever held this right may miss it.", writers=W, readers=W),
    row(_P, "read", NARROWED, W,
        "Whoever holds this can no longer read it, and syncs find it empty.", readers=B, writers=W),
    row(_P, "create edit", NARROWED, W, "Whoever holds this can no longer write here, and syncs are refused.",
        writers=B, readers=I),
    row(_P, "read create edit share", WIDENED, W, "Whoever holds this may see or change more than before.",
        security=True, question=_WHO),
    row(_P, "enforce_mfa api_only", NARROWED, I, "Signing in is stricter than before."),
    row(_P, "enforce_mfa", WIDENED, B, "A password alone is now enough to sign in.", security=True, question=_WHO),
    row(_P, "api_only", WIDENED, W, "An account that was for programs can now be used by a person.", security=True,
        question=_WHO),
    row(_P, "read create edit share active enforce_mfa api_only app_access api_access", CHANGED, I,
        "The vendor now says it in another way; it means the same."),
    row(_P, "admin modify_all view_all export customize author_code manage_users delete modify_all_records "
        "view_all_records", CHANGED, W,
        "A strong right is now described in another way.", security=True, question=_WHO),
    row(_P, "roles permission_sets powers grants policies", ADDED, W, "It brings rights that were not there before.",
        security=True, question=_WHO),
    row(_P, "roles permission_sets powers grants policies", REMOVED, W, "Rights went away that something may need.",
        writers=B, readers=B),
    row(_P, "roles permission_sets powers grants policies", CHANGED, W, "The rights changed as a whole.", security=True,
        question=_WHO),
    row(_P, "members", ADDED, W, "One more has all that this role or set allows.", security=True, question=_WHO),
    row(_P, "members", (REMOVED, CHANGED), W, "Those who have these rights changed."),
    row(_P, "ip_ranges", (ADDED, CHANGED), W, "One can now sign in from other places.", security=True, question=_WHO),
    row(_P, "ip_ranges", REMOVED, W, "Whoever signs in from there is refused now."),
    row(_P, "teams seats", (ADDED, REMOVED, CHANGED), I, "Where somebody belongs changed, not what they may do."),
    row(_P, "fields", (ADDED, CHANGED), W, "More fields can be seen or changed with this right.", security=True,
        question=_WHO),
    row(_P, "fields", REMOVED, W, "A field can no longer be seen or changed with this right.", writers=B, readers=B),
    row(_P, "email", CHANGED, W, "Sign-in and password mail now go to another address.", security=True, question=_WHO),
    row(_P, "row_filter", CHANGED, W, "Which records this right is good for changed.", security=True, question=_WHO),
    row(_P, "validation presets", CHANGED, W, "What may be written, or is filled in by itself, changed.", writers=B),
    row(_P, "session_policy", CHANGED, W, "The rules for signing in changed.", security=True, question=_WHO),
    row(_P, GENERIC, CHANGED, W,
        "A setting for rights that only this vendor has changed.", security=True, question=_WHO),
)  # fmt: skip
