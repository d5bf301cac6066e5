"""Commands about the stack itself: check, rules, vendors, reload, forget, token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import app
from .desk import config_folder, desk
from .options import HERE, Folder, Json, duration, one_of, wait
from .out import USAGE, Stop, as_json, day, many, note, say, show, stamp, table, text
from .setup_ask import agreed, present
from .text import seen

if TYPE_CHECKING:
    from monitor.engine.administer import Made
    from monitor.engine.rulelist import RuleRow
    from probes.kit.listing import Vendor

ROLES = ("viewer", "reviewer", "admin")  # of people
EVERY = (*ROLES, "scrape")


@app.command()
def check(json: Json = False, stack: Folder = HERE) -> None:
    """Check the configuration and the baseline files; says every mistake with its file and line."""
    from monitor.config import ConfigError, load

    from . import checking

    folder = config_folder(stack)
    found: dict[str, Any] = {"problems": []}
    try:
        config = load(folder)
    except ConfigError as error:
        found["problems"] = list(error.problems)
        counts = ""
    else:
        files = checking.baselines(config)
        found |= {"problems": list(files.problems), "integrations": list(config.integrations), "files": files.files}
        counts = f"{many(len(config.integrations), 'integration')}, {many(len(config.flows), 'flow')}, "
        counts += f"{many(files.files, 'baseline file')}: nothing to mend."
    problems = found["problems"]
    if json:
        as_json({"ok": not problems, **found})
    elif problems:
        for problem in problems:
            note(str(text(str(problem))))
        note(f"driftline: {many(len(problems), 'problem')}; nothing was changed")
    else:
        say(f"{folder}: {counts}")
    raise typer.Exit(USAGE if problems else 0)


@app.command()
def rules(
    id: Annotated[str, typer.Argument(metavar="[ID]", help="A rule, or the beginning of one.")] = "",
    json: Json = False,
) -> None:
    """The rules that say how grave a change is, before flows and overrides move it."""
    from monitor.engine.rulelist import rules as every

    listed = every()
    exact = [rule for rule in listed if rule.id == id]
    chosen = exact or [rule for rule in listed if rule.id.startswith(id)]
    if not chosen:
        raise Stop(f"no rule has an id that begins with {id!r}; `driftline rules` lists all of them")
    if json:
        as_json({"items": chosen})
    elif len(chosen) == 1:
        show(*_rule(chosen[0]))
    else:
        rows = [(rule.id, rule.level, "security" if rule.security else "", rule.reason) for rule in chosen]
        table(("Rule", "Level", "", "Because"), rows, empty="")


def _rule(rule: RuleRow) -> list[Any]:
    from .out import level

    thing = " ".join(part for part in (rule.kind, rule.fact or "the resource itself", rule.action) if part != "None")
    marks = "  security: never under warning" if rule.security else ""
    lines = [text((rule.id, "bold")), text(level(rule.level), f"  {thing}{marks}"), text(rule.reason)]
    if rule.example:
        lines += [text(f"speaks: {rule.example}"), text(f"keeps silent: {rule.silent}")]
    return [*lines, text(rule.question), text((f"runbook: {rule.runbook}", "dim"))]


@app.command()
def vendors(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="One vendor in full.")] = "", json: Json = False
) -> None:
    """The products that can be read, what of them, and what the credential needs."""
    from probes.kit.registry import found

    there = found()
    known = there.vendors
    for words in there.broken.values():
        note(f"driftline: a vendor file cannot be read: {seen(words)}")
    if name:
        one_of("vendor", name, [*known, "rest"])
    if name == "rest":
        raise Stop("rest is built from the `rest:` block of an integration's YAML; docs/vendors/rest.md describes it")
    if json:
        as_json({"items": [_described(vendor) for vendor in known.values() if name in ("", vendor.name)]})
    elif name:
        show(*_vendor(known[name]))
    else:
        rows = [(v.name, v.title, ", ".join(_kinds(v)), ", ".join(v.schemes),
                 f"{v.verified.words}, says its maker" if v.name in there.theirs else v.verified.words)
                for v in known.values()]  # fmt: skip
        rows.append(("rest", "Any JSON API, described in YAML", "as described", "as described", "yours to check"))
        table(("Name", "Product", "Kinds", "Signs in with", "Checked against"), rows, empty="")


def _kinds(vendor: Vendor) -> list[str]:
    return list(dict.fromkeys(str(view.kind) for listing in vendor.listings for view in listing.views))


def _needs(vendor: Vendor) -> dict[str, list[str]]:
    """Grant -> the listings that need it."""
    out: dict[str, list[str]] = {}
    for listing in vendor.listings:
        for view in listing.views:
            for grant in view.needs:
                names = out.setdefault(grant, [])
                if grant != "*" and listing.name not in names:
                    names.append(listing.name)
    return {grant: names for grant, names in out.items() if grant != "*"}


def _described(vendor: Vendor) -> dict[str, Any]:
    return {
        "name": vendor.name,
        "title": vendor.title,
        "docs": vendor.docs,
        "verified": {"how": vendor.verified.words, "at": vendor.verified.at},
        "kinds": _kinds(vendor),
        "schemes": {name: {"fields": one.fields, "note": one.note} for name, one in vendor.schemes.items()},
        "options": {name: {"default": one.default, "says": one.says} for name, one in vendor.options.items()},
        "listings": [
            {"name": one.name, "kinds": [str(view.kind) for view in one.views], "for_each": one.for_each}
            for one in vendor.listings
        ],
        "unseen": {str(kind): why for kind, why in vendor.unseen.items()},
        "hides": {str(kind): why for kind, why in vendor.hides.items()},
        "grants": vendor.grants,
        "needs": _needs(vendor),
        "quiet": [{"kind": str(kind), "scope": scope, "why": why} for kind, scope, why in vendor.quiet],
        "hosts": vendor.hosts,
        "sunset": vendor.sunset,
        "notes": vendor.notes,
    }


def _vendor(vendor: Vendor) -> list[Any]:
    lines: list[Any] = [text((vendor.title, "bold"), f" ({vendor.name})  {vendor.docs}")]
    on = f", {vendor.verified.at}" if vendor.verified.at else ""
    lines += [text(("Checked against", "bold"), f"  {vendor.verified.words}{on}"), ""]
    lines.append(text(("Signs in with", "bold")))
    for name, scheme in vendor.schemes.items():
        note_ = f"  {scheme.note}" if scheme.note else ""
        lines.append(text(f"  {name}: {', '.join(scheme.fields) or 'no fields'}{note_}"))
    for name, option in vendor.options.items():
        default = "" if option.default in (None, "") else f" (default {option.default})"
        lines.append(text(f"  option {name}: {option.says}{default}"))
    lines += ["", text(("Reads", "bold"))]
    for one in vendor.listings:
        each = f" for each of {one.for_each}" if one.for_each else ""
        lines.append(text(f"  {one.name}: {', '.join(dict.fromkeys(str(view.kind) for view in one.views))}{each}"))
    for title, kinds in (
        ("Not observable", vendor.unseen), ("Not all observable", vendor.hides), ("Has none", vendor.lacks),
    ):  # fmt: skip
        if kinds:
            lines += ["", text((title, "bold")), *(text(f"  {kind}: {why}") for kind, why in kinds.items())]
    if vendor.grants:
        lines += ["", text(("Needs", "bold"))]
        lines += [text(f"  {grant}: {how}") for grant, how in vendor.grants.items()]
    if vendor.quiet:
        lines += ["", text(("Better left off", "bold"))]
        lines += [text(f"  {kind} {scope}: {why}") for kind, scope, why in vendor.quiet]
    if vendor.notes:
        lines += ["", *(text(one) for one in vendor.notes)]
    return lines


@app.command()
def reload(json: Json = False, stack: Folder = HERE) -> None:
    """Have the running daemon read its configuration again; with a mistake in it, the old one stays in use."""

    async def work() -> None:
        async with desk(stack) as at:
            await at.reload()

    wait(work())
    as_json({"reloaded": True}) if json else say("The new configuration is in use.")


@app.command()
def forget(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="The name or address, as the vendor spells it.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Forget who a person is: their pseudonym stays in baselines, events and the trail, and their name is nowhere any
    more; their tokens and sessions end."""
    if not yes:
        if not present():
            raise Stop("nobody was forgotten: this cannot be undone; add --yes, or answer in a terminal")
        if not agreed("This cannot be undone. Forget this person?"):
            raise Stop("nobody was forgotten")

    async def work() -> str:
        async with desk(stack) as at:
            return await at.forget(person)

    pseudonym = wait(work())
    if json:
        as_json({"pseudonym": pseudonym})
    else:
        say(f"Forgotten; what is kept says {pseudonym}. A vendor that still lists the person brings the name back: "
            "remove them there too.")  # fmt: skip


token_app = typer.Typer(
    help="Tokens for the API and the terminal, and sign-in links for the pages.", no_args_is_help=True
)
app.add_typer(token_app, name="token")
Role = Annotated[str, typer.Option(metavar="|".join(ROLES), help="What it may do.")]
Teams = Annotated[
    list[str] | None,
    typer.Option("--team", metavar="TEAM", help="A team of people.yaml that the holder acts for; again for more."),
]


@token_app.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for; in the trail it says who acted.")],
    role: Annotated[
        str, typer.Option(metavar="|".join(EVERY), help="What it may do; scrape: read /metrics.")
    ] = "viewer",
    team: Teams = None,
    expires: Annotated[str, typer.Option(metavar="90d|never", help="How long it is good.")] = "90d",
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Make a token. It is shown this once; only its hash is kept."""
    one_of("--role", role, EVERY)
    seconds = None if expires == "never" else duration("--expires", expires)

    async def work() -> Made:
        async with desk(stack) as at:
            return await at.make_token(name, role, seconds, tuple(team or ()))

    _made(wait(work()), json)


@token_app.command("link")
def link(
    name: Annotated[str, typer.Argument(metavar="WHO", help="Who signs in; in the trail it says who acted.")],
    role: Role = "reviewer",
    team: Teams = None,
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Make an address that signs a person in to the pages, once, within 15 minutes."""
    one_of("--role", role, ROLES)

    async def work() -> Made:
        async with desk(stack) as at:
            return await at.make_link(name, role, tuple(team or ()))

    _made(wait(work()), json)


def _made(made: Made, json: bool) -> None:
    if json:
        as_json(made)
        return
    say(made.secret)
    ends = f"until {stamp(made.expires)}" if made.expires is not None else "until it is revoked"
    of = f" for {', '.join(made.teams)}" if made.teams else ""
    note(f"{made.name} may act as {made.role}{of} {ends}. This is shown once; keep it where secrets are kept.")


@token_app.command("list")
def list_(json: Json = False, stack: Folder = HERE) -> None:
    """Which tokens, sign-in links and sessions there are; never the secrets themselves. `personal:` are those that
    people made for themselves, `session:` browsers that are signed in."""

    async def work() -> Any:
        async with desk(stack) as at:
            return await at.tokens(), at.now()

    listed, now = wait(work())
    if json:
        as_json({"items": listed})
        return
    rows = []
    for one in listed:
        ends = "never" if one.expires is None else f"{day(one.expires)}{' (ended)' if one.expires <= now else ''}"
        rows.append((one.name, one.role, ", ".join(one.teams), day(one.created), ends, stamp(one.last_used) or "never"))
    table(("Name", "Role", "Teams", "Made", "Ends", "Last used"), rows, empty="There are no tokens.")


@token_app.command("revoke")
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `driftline token list` shows it.")],
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """From now on it opens nothing: a token, a sign-in link, or a session, which signs somebody out."""

    async def work() -> None:
        async with desk(stack) as at:
            await at.revoke(name)

    wait(work())
    as_json({"revoked": name}) if json else say(f"{name} opens nothing any more.")
