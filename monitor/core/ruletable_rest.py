"""Rules for what moves data and what speaks to people, for the platform itself, and for most sources besides drift."""

from __future__ import annotations

from typing import Final

from probes.kit.contract import Kind

from .model import Action, Level, Source
from .ruletable import ADDED, CHANGED, GENERIC, NARROWED, REMOVED, RENAMED, REORDERED, WIDENED, B, I, Row, W, row

_Y, _A, _T, _L = Kind.SYNC, Kind.AUTOMATION, Kind.TEMPLATE, Kind.PLATFORM


def said(source: Source, fact: str, actions: tuple[Action, ...], level: Level, reason: str, question: str) -> Row:
    return Row(source, None, (fact,), actions, level, reason, question=question)


_H, _X, _U = Source.HEALTH, Source.FAULT, Source.UPKEEP
_MEND: Final = "Who looks at the sync, and by when? Acknowledge it, so that others know."
_KEEP: Final = "Is it still to be ignored? Renew it with a reason, or take its file away."
_GIVE: Final = "Who can put this right at the vendor? Nothing is to be approved here."

ROWS: Final[tuple[Row, ...]] = (
    # Syncs
    row(_Y, "", REMOVED, B, "What this sync carried no longer moves."),
    row(_Y, "", ADDED, I, "There is one more sync."),
    row(_Y, "", RENAMED, I, "The sync has another name and does the same."),
    row(_Y, "label owner native_type job_type", CHANGED, I, "What it is called, whose it is or how it is run changed."),
    row(_Y, "source target object", CHANGED, B, "Data now comes from, or goes to, another place."),
    row(_Y, "mode operation", CHANGED, B, "How records are matched, added or replaced changed."),
    row(_Y, "schedule trigger", CHANGED, W, "Data arrives at other times than before."),
    row(_Y, "api_version", CHANGED, W, "It now speaks another version of the vendor's API."),
    row(_Y, "enabled", NARROWED, B, "The sync is switched off: nothing moves."),
    row(_Y, "enabled", (WIDENED, CHANGED), I, "The sync is switched on."),
    row(_Y, "grants", ADDED, W, "The connection may now do more than before.", security=True),
    row(_Y, "grants", (REMOVED, CHANGED), B, "The connection lost a right, so runs may be refused."),
    row(_Y, "mapping", REMOVED, B, "This field is no longer carried over."),
    row(_Y, "mapping", ADDED, W, "One more field is carried over; make sure it may be."),
    row(_Y, "mapping", REORDERED, I, "The same fields are mapped, in another order."),
    row(_Y, "mapping mapping.transform", CHANGED, W, "Values are changed in another way on their way over."),
    row(_Y, "mapping.to", CHANGED, B, "Values now land in another field."),
    row(_Y, "options", CHANGED, W, "A setting of the sync changed."),
    row(_Y, GENERIC, CHANGED, W, "A setting of the sync that only this vendor has changed."),
    # Automations
    row(_A, "", ADDED, W, "It may now change records by itself, or refuse them."),
    row(_A, "", REMOVED, W, "What it did is no longer done."),
    row(_A, "", RENAMED, I, "It has another name and does the same."),
    row(_A, "native_type api_version owner", CHANGED, I, "How it is run, or whose it is, changed."),
    row(_A, "trigger object status formula", CHANGED, W, "It now acts on other records, or at other times."),
    row(_A, "active", NARROWED, W, "It is switched off: what it did is no longer done."),
    row(_A, "active", (WIDENED, CHANGED), W, "It is switched on and acts on records from now on."),
    row(_A, "reads", (ADDED, REMOVED, CHANGED), I, "It decides by other fields than before."),
    row(_A, "writes", (ADDED, REMOVED, CHANGED), W, "It changes other fields than before."),
    row(_A, "actions suppressions enrolments", (ADDED, REMOVED, CHANGED), W,
        "It does other things, or to other people."),
    row(_A, "steps", (ADDED, REMOVED, CHANGED, REORDERED), W, "It takes other steps than before."),
    row(_A, "steps.type steps.target", CHANGED, W, "A step now does something else."),
    row(_A, "opaque", NARROWED, W, "It now does something that nobody can see from here, such as running code."),
    row(_A, "opaque", (WIDENED, CHANGED), I, "All that it does to fields can be seen from here again."),
    row(_A, "criteria", CHANGED, W, "Who or what it applies to changed."),
    row(_A, "options", CHANGED, I, "A setting of the automation changed."),
    row(_A, GENERIC, CHANGED, W, "A setting of the automation that only this vendor has changed."),
    # Templates and forms
    row(_T, "", ADDED, I, "There is one more template or form."),
    row(_T, "", REMOVED, W, "Mails or pages that use it have nothing to show."),
    row(_T, "", RENAMED, I, "It has another name and the same content."),
    row(_T, "native_type owner", CHANGED, I, "What sort it is, or whose it is, changed."),
    row(_T, "active", NARROWED, W, "It can no longer be used."),
    row(_T, "archived", NARROWED, W, "It is archived: what uses it should move on."),
    row(_T, "active archived", (WIDENED, CHANGED), I, "It can be used again."),
    row(_T, "opaque", NARROWED, I, "It now reads by SQL or a script of its own: nobody can see which fields."),
    row(_T, "opaque", (WIDENED, CHANGED), I, "All fields that it reads can be seen from here again."),
    row(_T, "fields", ADDED, I, "It asks for, or shows, one more field."),
    row(_T, "fields", (REMOVED, CHANGED), W, "It no longer asks for, or shows, a field that others may wait for."),
    row(_T, "consents", ADDED, W, "It now asks for one more consent."),
    row(_T, "consents", (REMOVED, CHANGED), B, "It no longer asks for a consent that mails may need."),
    row(_T, "consent", CHANGED, W, "The wording or kind of consent changed; make sure it still covers what is sent."),
    row(_T, GENERIC, CHANGED, I, "A setting that only this vendor has changed."),
    # Platform
    row(_L, "", ADDED, I, "The vendor offers something more."),
    row(_L, "", REMOVED, W, "The vendor no longer offers something."),
    row(_L, "", RENAMED, I, "It has another name."),
    row(_L, "label", CHANGED, I, "Only its wording changed."),
    row(_L, "version plan edition environment timezone currency region status domain", CHANGED, W,
        "The account itself changed: limits, times, amounts or addresses may be others now."),
    row(_L, "maximum", NARROWED, W, "The vendor allows less than before."),
    row(_L, "deprecated", NARROWED, W, "It is announced to go away: plan its replacement."),
    row(_L, "enabled", NARROWED, W, "It is switched off."),
    row(_L, "maximum deprecated enabled", (WIDENED, CHANGED), I, "The vendor allows more than before."),
    row(_L, "sunset_on", CHANGED, W, "The day on which the vendor switches it off was set or moved."),
    row(_L, "currencies modules versions", ADDED, I, "There is one more."),
    row(_L, "currencies modules versions", (REMOVED, CHANGED), W, "Something that may be in use is gone."),
    row(_L, GENERIC, CHANGED, I, "A setting that only this vendor has changed."),
    # Health of syncs: changed while it is early, narrowed once data is being lost
    said(_H, "state", (CHANGED,), W, "The newest run did not go through; data may soon be missing.", _MEND),
    said(_H, "state", (NARROWED,), B,
        "Runs fail one after the other, or the sync is off: data is not arriving.", _MEND),
    said(_H, "freshness", (CHANGED,), W, "The data is older than it should be.", _MEND),
    said(_H, "freshness", (NARROWED,), B,
        "The data is much older than it should be: campaigns run on old facts.", _MEND),
    said(_H, "rows", (CHANGED,), W, "Some rows are refused and missing in the target.", _MEND),
    said(_H, "rows", (NARROWED,), B, "Many rows are refused: data is being lost now.", _MEND),
    said(_H, "errors", (CHANGED,), W, "An error appears that this sync never had: something was changed.", _MEND),
    said(_H, "duration", (CHANGED,), I, "It takes far longer than usual: something grew, or slows it down.", _MEND),
    said(_H, "backlog", (CHANGED,), W, "More waits than gets through: data arrives later and later.", _MEND),
    said(_H, "volume", (CHANGED,), W,
        "Far fewer or far more rows came than on this weekday before: some are missing, or come twice.", _MEND),
    said(_H, "volume", (NARROWED,), B,
        "Nothing came, on a weekday on which rows always come: the source is empty or cut off.", _MEND),
    said(_H, GENERIC, (CHANGED,), W, "The sync is not as it should be.", _MEND),
    # Faults: what could not be read
    said(_X, "read", (CHANGED, NARROWED), W,
        "What could not be read is not watched; what was known of it stands.", _GIVE),
    said(_X, "credential", (CHANGED, NARROWED), B, "The credential is dead: nothing of this system is watched.", _GIVE),
    said(_X, "plan", (CHANGED, NARROWED), I, "The vendor's plan does not have it, so there is nothing to watch.",
         "Is it meant to be watched? If not, switch its watch off."),
    said(_X, "version", (CHANGED, NARROWED), B, "The vendor switched off what we read with.", _GIVE),
    said(_X, "brake", (REMOVED,), B, "So much at once is more often a fault than a decision, so it is held back.",
         "Was all of this removed on purpose? If so, release it; if not, wait or ask at the vendor."),
    said(_X, "account", (CHANGED,), B, "The credential leads to another account, so nothing was compared.",
         "Which account is meant? Give the right credential; or capture anew, if the account was replaced on purpose."),
    said(_X, GENERIC, (CHANGED,), W, "Something could not be read.", _GIVE),
    # Upkeep: changed while there is time, narrowed once there is little
    said(_U, "expires", (CHANGED,), W, "Reading stops when the credential ends.", _GIVE),
    said(_U, "expires", (NARROWED,), B, "Reading stops within days, or has stopped.", _GIVE),
    said(_U, "sunset_on", (CHANGED,), W, "The vendor announced an end; there is time to move.", _GIVE),
    said(_U, "sunset_on", (NARROWED,), B, "The vendor switches it off within a month.", _GIVE),
    said(_U, "quota", (CHANGED,), W,
        "The account's daily calls are running short, for every tool that uses it.", _GIVE),
    said(_U, "quota", (NARROWED,), B, "The account's daily calls are nearly gone: syncs will be refused.", _GIVE),
    said(_U, "pushed", (CHANGED,), W, "The branch says something that two people have to agree to, and they have not.",
         "Is it meant? If so, let two people agree to it; if not, put the branch back."),
    said(_U, "push", (CHANGED,), W, "What was approved is safe here, and nobody else can see it yet.",
         "Can the repository be reached, and may Driftline push to it?"),
    said(_U, "missing", (CHANGED,), W, "Somebody announced a change that did not happen in its time.",
         "Is it still coming? Move its time, or take the announcement back."),
    said(_U, "unclosed", (CHANGED,), I, "A pipeline opened a deployment and did not say when it was over.",
         "Did it go through? Look at its run, and let its last step close the deployment."),
    said(_U, "lapsing", (CHANGED,), W, "What is ignored until now will be told again.", _KEEP),
    said(_U, "unused", (CHANGED,), I, "It hides nothing, and would hide what comes back.", _KEEP),
    said(_U, "malformed", (CHANGED,), W, "An ignore without a day that it ends with hides nothing.", _KEEP),
    said(_U, "held", (CHANGED,), W, "More changed at once than a policy may take, so it takes none of it.",
         "Is all of this meant? Decide on it, or give the standing approval a higher cap."),
    said(_U, "lapses", (CHANGED,), W, "What nobody had to see will have to be decided by people.",
         "Is the standing approval still right? Renew it with a new day, or let it end."),
    said(_U, GENERIC, (CHANGED,), W, "Something needs looking after.", _GIVE),
    # Policies; mappings and definitions have a table of their own
    said(Source.POLICY, "writes", (CHANGED,), W, "What is written into a system that is switched off is lost with it.",
         "Who still writes there? Lead it to the system that takes over, or give this one another class."),
    said(Source.POLICY, GENERIC, (CHANGED,), W, "A rule that was agreed on is not kept.",
         "Is this still meant? Mend it, or change what was agreed."),
)  # fmt: skip
