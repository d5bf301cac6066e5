"""driftline doctor: proves again, any time, what the credentials of a stack can see, and that the rest stands."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import app
from .desk import configured, desk, local
from .options import HERE, Folder, Json, Strict, wait
from .out import BLIND, FINE, USAGE, Stop, as_json, many, note, say, show, text

if TYPE_CHECKING:
    from monitor.config import Config, Integration
    from monitor.setup.checkup import Check, Checked

MARKS = {"ok": ("✓", "green"), "note": ("•", "cyan"), "blind": ("○", "magenta"), "bad": ("✕", "bold red")}


@app.command()
def doctor(
    integration: Annotated[str, typer.Argument(metavar="[INTEGRATION]", help="All when not given.")] = "",
    strict: Strict = False,
    shape: Annotated[
        bool, typer.Option(help="Write a report of the shapes that were answered, without a value, to send in.")
    ] = False,
    allow_secret_commands: Annotated[bool, typer.Option(help="Let ${cmd:…} references run programs.")] = False,
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Prove by reads what each credential can see; missing grants, API version, quota, cost, repository and state."""
    config = configured(stack)
    if integration and integration not in config.integrations:
        known = ", ".join(sorted(config.integrations)) or "none; driftline init adds one"
        raise Stop(f"there is no integration {integration!r}; configured are: {known}")
    chosen = [own for name, own in sorted(config.integrations.items()) if integration in ("", name)]
    if shape:
        from .setup_shape import report

        report(config, chosen, allow_secret_commands, json)
        return
    ground, found = wait(_examined(config, chosen, stack, allow_secret_commands, json))
    code = _verdict(ground, found, strict)
    if json:
        as_json({"ok": code == FINE, "stack": ground, "integrations": found})
    else:
        _show(config, ground, found)
    if code:
        raise typer.Exit(code)


async def _examined(
    config: Config, chosen: list[Integration], stack: Any, allow_commands: bool, quiet: bool
) -> tuple[list[Check], list[Checked]]:  # fmt: skip
    from monitor.adapters.state_lock import holder
    from monitor.setup.checkup import Check

    pid = holder(config.state)
    if pid is not None:
        async with desk(stack) as at:
            found = []
            systems = {one.name: one for one in (await at.overview()).systems}
            for own in chosen:
                if own.name not in systems:
                    raise Stop(f"driftline serve does not know {own.name} yet: driftline reload has it read the files")
                found.append(await _through(at, own, own.schedule.every or config.service.poll.every))
            serving = f"in use by driftline serve (process {pid}), which did the reading"
            return [Check("state", "ok", serving)], found
    return await _here(config, chosen, allow_commands, quiet)


async def _through(at: Any, own: Integration, every: float) -> Checked:
    from monitor.adapters.poller import vendor_for
    from monitor.setup.checkup import through_daemon
    from monitor.setup.cost import running

    polled = await at.poll(own.name)
    system = next(one for one in (await at.overview()).systems if one.name == own.name)
    reads = [one for one in await at.coverage(own.name)]
    asked = [one.read for one in reads]
    spent = running(vendor_for(own), own.options, asked, every, own.schedule.listings)
    return through_daemon(own, system, reads, polled.reading.outcome, polled.reading.reason, spent)


async def _here(
    config: Config, chosen: list[Integration], allow_commands: bool, quiet: bool
) -> tuple[list[Check], list[Checked]]:  # fmt: skip
    """All in this process. Where the state or the repository refuses, credentials are proven all the same."""
    from monitor.adapters.secrets import Secrets
    from monitor.engine import attesting
    from monitor.setup.checkup import Check
    from monitor.setup.proof import Tokenless
    from probes.kit.clock import SystemClock

    ground: list[Check] = []
    tokens: Any = Tokenless()
    approved: dict[str, Any] = {}
    attested: dict[str, Any] = {}
    async with AsyncExitStack() as opened:
        try:
            engine = (await opened.enter_async_context(local(config, allow_commands=allow_commands))).engine
        except Stop as stop:
            ground += [Check("state and repository", "bad", problem) for problem in stop.problems]
        else:
            ground.append(Check("state", "ok", f"{config.state} can be written"))
            await engine.fetch()
            where = config.repository
            if engine.push_fault:
                action = f"Approvals wait here until {where} answers."
                ground.append(Check("repository", "bad", engine.push_fault, action))
            else:
                head = engine.baselines.seen[:10]
                at = f"at {head}" if head else "still empty"
                said = f"{where}, branch {config.service.baselines.branch}, {at}"
                ground.append(Check("repository", "ok", said))
            tokens, approved = engine.tokens, {name: live.approved for name, live in engine.integrations.items()}
            attested = {name: attesting.transport(engine, live) for name, live in engine.integrations.items()}
        secrets = Secrets(config.root, commands=allow_commands, warn=note)
        found = []
        for own in chosen:
            if not quiet:
                note(f"{own.name}: reading …")
            if own.attested is not None and own.name not in attested:
                found.append(_unopened(own))
                continue
            seen, transport = approved.get(own.name), attested.get(own.name)
            found.append(await _one(config, own, secrets.resolve, tokens, seen, SystemClock(), transport))
    return ground, found


def _unopened(own: Integration) -> Checked:
    """What was attested stands in the store, and nowhere else."""
    from monitor.setup.checkup import Check, Checked

    words = "what was attested is kept in the state, which cannot be opened"
    check = Check("sign-in", "blind", words, "Mend what is said of the state, and ask again.")
    return Checked(integration=own.name, vendor=own.vendor, checks=(check,))


async def _one(
    config: Config, own: Integration, resolve: Any, tokens: Any, approved: Any, clock: Any, transport: Any
) -> Checked:
    from monitor.setup.checkup import Check, Checked, checkup
    from monitor.setup.cost import cost, counts, fitting
    from monitor.setup.proof import poller, prove, watched
    from probes.kit.contract import Fault

    reader = poller(own, resolve, tokens, clock, transport)
    try:
        options = (await reader.client()).options
        proof = await prove(reader, watched(own))
    except Fault as fault:  # the file contradicts the vendor file
        words = Check("configuration", "bad", fault.message, f"See integrations/{own.name}.yaml.")
        return Checked(integration=own.name, vendor=own.vendor, checks=(words,))
    finally:
        await reader.close()
    every = own.schedule.every or config.service.poll.every
    reads = counts(reader.vendor, proof, options, watched(own))
    spent = cost(reader.vendor, proof, reads, every, own.schedule.listings)
    best = None if spent.fits else fitting(reader.vendor, proof, reads, own.schedule.listings)
    return checkup(own, reader.vendor, proof, spent, approved, clock.now(), best)


def _verdict(ground: list[Check], found: list[Checked], strict: bool) -> int:
    """2 where something must be mended here, 3 where nothing can be read, or with --strict where something cannot."""
    if any(check.state == "bad" for check in ground) or any(one.any("bad") for one in found):
        return USAGE
    if any(check.what == "sign-in" and check.state == "blind" for one in found for check in one.checks):
        return BLIND
    return BLIND if strict and any(one.any("blind") for one in found) else FINE


def _show(config: Config, ground: list[Check], found: list[Checked]) -> None:
    show(text((f"stack {config.stack}", "bold")), *(_line(check) for check in ground))
    for one in found:
        show(text(""), text((one.integration, "bold"), f"  {one.vendor}"), *(_line(check) for check in one.checks))
    if not found:
        say("No account is configured yet; driftline init adds one.")
    blind = sum(check.state in ("blind", "bad") for one in found for check in one.checks)
    if blind:
        note(f"driftline: {many(blind, 'thing')} cannot be seen")


def _line(check: Check) -> Any:
    mark, style = MARKS[check.state]
    action = f"  → {check.action}" if check.action else ""
    return text("  ", (mark, style), f" {check.what}: {check.words}", (action, "dim"))
