"""What `driftline init` does, step by step: ask, prove, show, propose, write. Nothing is written before the end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from .desk import config_folder, configured
from .options import duration, wait
from .out import Stop, as_json, note, say
from .setup_ask import agreed, ask, choose
from .setup_shown import document, show_objects, show_seen, spelled

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.config.types import Reference
    from monitor.setup.cost import Cost
    from monitor.setup.draft import Draft
    from monitor.setup.proof import Proof
    from monitor.setup.propose import Proposed
    from probes.kit.auth import Scheme
    from probes.kit.listing import Vendor

REST = "rest"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The command line."""

    vendor: str = ""
    name: str = ""
    owner: str = ""
    scheme: str = ""
    given: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    base: str = ""
    allow_private: bool = False
    account: str = ""
    every: str = ""
    yes: bool = False
    json: bool = False
    allow_commands: bool = False
    described: Path | None = None


def init_stack(stack: Path, asked: Asked) -> None:
    """Raises Stop; then nothing was written."""
    from monitor.adapters.state_lock import holder
    from monitor.config import ConfigError
    from monitor.setup import draft as drafts

    config = configured(stack)
    draft, vendor = _draft(config, asked)
    pid = holder(config.state)
    if pid is not None and vendor.schemes[draft.scheme].authorize is not None:
        raise Stop(
            f"driftline serve (process {pid}) has the store in which the refresh token of {draft.scheme} is to be "
            "kept: stop it, run init, and start it again"
        )
    try:
        draft.integration()
    except drafts.DraftError as error:
        raise Stop(*error.problems) from error
    if (config.folder / drafts.FOLDER / f"{draft.name}.yaml").exists() or draft.name in config.integrations:
        raise Stop(f"there is an integration {draft.name} already and it was left as it is: choose another --name")
    proof, proposed, spent, best = wait(_prove(config, draft, vendor, asked))
    if not asked.json:
        show_seen(proof)
        show_objects(proposed, spent)
    if not spent.fits:
        slower = f"--every {spelled(best)} would fit" if best else "no usual interval fits"
        raise Stop(f"watching this would take {spent.total:,.0f} {spent.unit} a day and the plan allows "
                   f"{spent.limit:,.0f}, of which at most {spent.share:.0%} are ours: {slower}; "
                   "nothing was written")  # fmt: skip
    content = drafts.text(draft, proof.vantage, proposed.rules)
    if not asked.yes and not agreed(f"Write {drafts.FOLDER}/{draft.name}.yaml?"):
        raise Stop("nothing was written")
    try:
        drafts.write(config_folder(stack), draft.name, content)
    except drafts.DraftError as error:
        raise Stop(*error.problems) from error
    except ConfigError as error:
        raise Stop(*(str(problem) for problem in error.problems)) from error
    path = config_folder(stack) / drafts.FOLDER / f"{draft.name}.yaml"
    if asked.json:
        as_json(document(path, draft, proof, proposed, spent))
        return
    say(f"{path} is written and the configuration is valid. Look at it, and commit it.")
    if pid is not None:
        note(f"driftline serve (process {pid}) takes the file up by itself. What an ${{env:}} reference names must be "
             "set where it was started.")  # fmt: skip
    say(f"Next: driftline capture {draft.name}, then driftline report --first-look")


def _draft(config: Config, asked: Asked) -> tuple[Draft, Vendor]:
    """All that has to be known before anything is read. Raises Stop with everything that is missing."""
    from monitor.setup.draft import Draft
    from probes.kit.registry import vendors

    known = vendors()
    titles = {**{name: one.title for name, one in known.items()}, REST: "Any JSON API, described in YAML"}
    if asked.vendor and asked.vendor not in titles:
        raise Stop(f"no vendor is called {asked.vendor!r}; there are {', '.join(titles)}")
    missing: list[str] = []
    if not asked.vendor and asked.yes:
        raise Stop(f"say which VENDOR: {', '.join(titles)}")
    chosen = asked.vendor or choose("Which product", list(titles.items()))
    vendor, rest = _described(asked) if chosen == REST else (known[chosen], None)
    if not vendor.verified.proven and chosen != REST:
        note(f"driftline: the vendor file {chosen} is unproven: it was checked neither against the vendor's system nor "
             "against its spec or documentation; hold what it shows against what you see there")  # fmt: skip
    name = asked.name or (f"{chosen}-prod" if asked.yes else ask("What to call the account", _name, f"{chosen}-prod"))
    _checked("--name", name, _name)
    owner = _owner(config, asked, missing)
    options, base = _options(vendor, asked, missing)
    scheme = _scheme(vendor, asked, missing)
    fields = _fields(vendor, vendor.schemes[scheme], asked, missing) if scheme else {}
    if missing:
        raise Stop(*missing)
    every = duration("--every", asked.every) if asked.every else None
    title = f"{vendor.title} ({name.removeprefix(f'{chosen}-')})" if name.startswith(f"{chosen}-") else vendor.title
    draft = Draft(
        name=name, vendor=chosen, title=title, owner=owner, scheme=scheme, fields=fields, options=options, base=base,
        allow_private=asked.allow_private, every=every, rest=rest,
    )  # fmt: skip
    return draft, vendor


def _described(asked: Asked) -> tuple[Vendor, Mapping[str, Any]]:
    """Any JSON API: what a file says of it."""
    from monitor.setup.described import described
    from monitor.setup.draft import DraftError

    if asked.described is None and asked.yes:
        raise Stop("say what to read from where: --described FILE, a YAML file with the `rest:` block that "
                   "docs/vendors/rest.md describes")  # fmt: skip
    file = asked.described or Path(ask("YAML file with its rest: block", _some))
    try:
        return described(file)
    except DraftError as error:
        raise Stop(*error.problems) from error


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", text):
        raise ValueError(f"expected lower-case letters, digits and dashes, found {text!r}")
    return text


def _checked(option: str, text: str, read: Any) -> None:
    try:
        read(text)
    except ValueError as error:
        raise Stop(f"{option}: {error}") from error


def _owner(config: Config, asked: Asked, missing: list[str]) -> str:
    teams = sorted(config.people.teams)
    if not teams:
        raise Stop("people.yaml names no team, and every account has one as its owner: add one first")
    if asked.owner and asked.owner not in teams:
        raise Stop(f"--owner: expected a team of people.yaml ({', '.join(teams)}), found {asked.owner!r}")
    if asked.owner or len(teams) == 1:
        return asked.owner or teams[0]
    if asked.yes:
        missing.append(f"say whose it is: --owner with one of {', '.join(teams)}")
        return ""
    return choose("Whose is it", [(team, config.people.teams[team].contact) for team in teams])


def _options(vendor: Vendor, asked: Asked, missing: list[str]) -> tuple[dict[str, Any], str]:
    """Options as given, and those that the vendor's address needs, asked for."""
    found: dict[str, Any] = {}
    for text in asked.options:
        name, equals, value = text.partition("=")
        if name not in vendor.options or not equals:
            known = ", ".join(vendor.options) or "it has none"
            raise Stop(f"--option: expected NAME=VALUE with an option of {vendor.name} ({known}), found {text!r}")
        many_ = isinstance(vendor.options[name].default, list)
        found[name] = [part.strip() for part in value.split(",") if part.strip()] if many_ else value
    base = asked.base
    if not vendor.base and not base:
        if asked.yes:
            missing.append("say the address of the system: --base URL, or `base` in the described block")
        else:
            base = ask("Address of the system", _some)
    for name in re.findall(r"\{options\.(\w+)\}", vendor.base):
        if name in found or asked.base or vendor.options[name].default:
            continue
        says = vendor.options[name].says
        if asked.yes:
            missing.append(f"say {name} ({says}): --option {name}=…, or --base with the whole address")
        else:
            found[name] = ask(f"{name}: {says}", _some)
    return found, base


def _some(text: str) -> str:
    if not text:
        raise ValueError("expected a value")
    return text


def _scheme(vendor: Vendor, asked: Asked, missing: list[str]) -> str:
    if asked.scheme and asked.scheme not in vendor.schemes:
        raise Stop(f"--scheme: expected one of {', '.join(vendor.schemes)}, found {asked.scheme!r}")
    if asked.scheme or len(vendor.schemes) == 1:
        return asked.scheme or next(iter(vendor.schemes))
    given = {text.partition("=")[0] for text in asked.given}
    fitting = [name for name, one in vendor.schemes.items() if set(one.fields) == given and one.authorize is None]
    if len(fitting) == 1:
        return fitting[0]
    if asked.yes:
        missing.append(f"say how to sign in: --scheme with one of {', '.join(vendor.schemes)}")
        return ""
    return choose("How to sign in", [(name, one.note) for name, one in vendor.schemes.items()])


def _fields(vendor: Vendor, scheme: Scheme, asked: Asked, missing: list[str]) -> Mapping[str, Reference]:
    """References to the credential's fields; never the credential. What is typed is not shown again."""
    found: dict[str, Reference] = {}
    for text in asked.given:
        name, equals, value = text.partition("=")
        if not equals or name not in scheme.fields:
            raise Stop(f"--set: expected FIELD=REFERENCE with one of {', '.join(scheme.fields)}")
        try:
            found[name] = _reference(value)
        except ValueError as error:
            raise Stop(f"--set {name}: {error}") from error
    left = [name for name in scheme.fields if name not in found]
    if left and not asked.yes and scheme.note:
        note(f"  {scheme.note}")
    for name in left:
        usual = f"${{env:{f'{vendor.name}_{name}'.upper().replace('-', '_')}}}"
        if asked.yes:
            missing.append(f"say where {name} is kept: --set '{name}={usual}'")
        else:
            found[name] = ask(f"Reference to {name}", _reference, usual)
    return found


def _reference(text: str) -> Reference:
    """Raises ValueError without the text: it may be the secret."""
    from pydantic_core import PydanticCustomError

    from monitor.config.types import Reference

    try:
        return Reference.parse(text)
    except PydanticCustomError as error:
        raise ValueError(f"expected {error.message()}; if that was the secret, it was not kept") from None


async def _prove(
    config: Config, draft: Draft, vendor: Vendor, asked: Asked
) -> tuple[Proof, Proposed, Cost, float | None]:  # fmt: skip
    from contextlib import AsyncExitStack

    from monitor.adapters.secrets import Secrets
    from monitor.config.models import Integration
    from monitor.setup.cost import cost, counts, fitting
    from monitor.setup.proof import Tokenless, poller, prove
    from monitor.setup.propose import propose, quiet, rights
    from monitor.setup.refused import advice
    from probes.kit.clock import SystemClock
    from probes.kit.contract import Fault

    from .setup_authorize import obtained

    clock = SystemClock()
    own: Integration = draft.integration()
    secrets = Secrets(config.root, commands=asked.allow_commands, warn=note)
    async with AsyncExitStack() as stack:
        tokens: Any = Tokenless()
        if vendor.schemes[draft.scheme].authorize is not None:
            tokens = await stack.enter_async_context(obtained(config, own, vendor, secrets.resolve, clock))
        reader = poller(own, secrets.resolve, tokens, clock)
        stack.push_async_callback(reader.close)
        try:
            options = (await reader.client()).options
            told = note if not asked.json else _silent
            proof = await prove(reader, lambda kind, scope: not quiet(vendor, kind, scope), rights(vendor),
                                told=lambda listing: told(f"  reading {listing} …"),
                                confirm=lambda vantage: _confirmed(vantage, asked))  # fmt: skip
        except Fault as fault:
            raise Stop(f"{draft.name}: {fault.message}; nothing was written") from fault
        if not proof.signed_in:
            why = proof.vantage.coverage.reason
            todo = advice(vendor, draft.scheme, (await reader.client()).base, why)
            raise Stop(f"{draft.name} could not sign in: {why}; nothing was written", *filter(None, [todo]))
        _readable(draft, proof)
        every = draft.every or config.service.poll.every
        proposed = propose(vendor, proof, draft.name, every, config.flows, config.definitions)
        reads = counts(vendor, proof, options, proposed.wants)
        return proof, proposed, cost(vendor, proof, reads, every), fitting(vendor, proof, reads)


def _readable(draft: Draft, proof: Proof) -> None:
    """A description has to fit all that it describes; of a vendor's own file something has to be read. Raises Stop."""
    unread = [seen for seen in proof.seen if seen.state == "failed"]
    if draft.rest is None and any(seen.state in ("complete", "partial", "denied") for seen in proof.seen):
        return
    if unread:
        how, what = ("", "--base and --option") if draft.rest is None else (" as it is described", "the description")
        raise Stop(*(f"{seen.listing} cannot be read{how}: {seen.reason}" for seen in unread),
                   f"nothing was written; look at {what}, and try again")  # fmt: skip


def _silent(words: str) -> None:
    """JSON is asked for: nothing beside it."""


def _confirmed(vantage: Any, asked: Asked) -> None:
    """Whose account this is, before anything more is read. Raises Stop when it is not the one that was meant."""
    name = f"{vantage.account_name}, id {vantage.account}" if vantage.account_name else f"id {vantage.account}"
    if not asked.json:
        say(f"Account: {name}; signed in as {vantage.subject or 'an unnamed credential'}")
    if asked.account and asked.account != vantage.account:
        raise Stop(f"this credential belongs to account {vantage.account}, not to {asked.account}; nothing was written")
    if not asked.yes and not agreed("Is this the account?"):
        raise Stop("nothing was written")
