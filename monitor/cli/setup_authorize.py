"""driftline authorize: a person agrees at the vendor, and the first refresh token is kept encrypted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from . import app
from .admin import token_app
from .desk import configured
from .options import HERE, Folder, Json, duration, wait
from .out import Stop, as_json, note, say

if TYPE_CHECKING:
    from monitor.adapters.tokens import Tokens
    from monitor.config import Config, Integration
    from monitor.config.types import Reference
    from probes.kit.clock import Clock
    from probes.kit.contract import Vantage
    from probes.kit.listing import Vendor


@token_app.command("new-key")
def new_key() -> None:
    """Make a key for token_keys, which encrypts rotating refresh tokens. It is shown this once and kept nowhere."""
    from monitor.adapters.tokens import new_key as make

    say(make())
    note("Keep it where your secrets are and name it in token_keys of driftline.yaml, by reference. Without it every "
         "refresh token that it encrypted is lost.")  # fmt: skip


@app.command()
def authorize(
    integration: Annotated[str, typer.Argument(metavar="INTEGRATION", help="As configured.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="The loopback port the browser is sent to.")] = 9733,
    timeout: Annotated[str, typer.Option(metavar="5m", help="How long to wait for the browser.")] = "5m",
    again: Annotated[bool, typer.Option("--again", help="Replace a token that is there, or cannot be opened.")] = False,
    allow_secret_commands: Annotated[bool, typer.Option(help="Let ${cmd:…} references run programs.")] = False,
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Let a person agree at the vendor in a browser on this machine; for vendors without client credentials."""
    from monitor.adapters.poller import vendor_for
    from monitor.adapters.secrets import Secrets
    from monitor.adapters.state_lock import holder
    from probes.kit.clock import SystemClock

    config = configured(stack)
    own = config.integrations.get(integration)
    if own is None:
        known = ", ".join(sorted(config.integrations)) or "none; driftline init adds one"
        raise Stop(f"there is no integration {integration!r}; configured are: {known}")
    if (pid := holder(config.state)) is not None:
        raise Stop(f"driftline serve (process {pid}) has this stack and uses its tokens: stop it, authorize, and start "
                   "it again")  # fmt: skip
    vendor, seconds = vendor_for(own), duration("--timeout", timeout)
    secrets = Secrets(config.root, commands=allow_secret_commands, warn=note)

    async def work() -> Vantage:
        kept = obtained(config, own, vendor, secrets.resolve, SystemClock(), port=port, seconds=seconds, again=again,
                        fresh=True)  # fmt: skip
        async with kept as tokens:
            return await _proved(own, secrets.resolve, tokens)

    vantage = wait(work())
    if json:
        as_json({"integration": integration, "account": vantage.account, "subject": vantage.subject, "kept": True})
        return
    name = f"{vantage.account_name} ({vantage.account})" if vantage.account_name else vantage.account
    say(f"{integration} is authorized: account {name}, as {vantage.subject}. Its refresh token is kept encrypted.")


@asynccontextmanager
async def obtained(
    config: Config, own: Integration, vendor: Vendor, resolve: Callable[[Reference], str], clock: Clock, *,
    port: int = 9733, seconds: float = 300.0, again: bool = False, fresh: bool = False,
) -> AsyncIterator[Tokens]:  # fmt: skip
    """The token store with a token of this integration in it; a token that was obtained here is dropped again when what
    follows fails. `fresh`: one that is there already is refused, or replaced when `again`. Raises Stop."""
    from monitor.adapters.migrate import SchemaError
    from monitor.adapters.secrets import SecretError
    from monitor.adapters.state_lock import StoreLocked
    from monitor.adapters.tokens import TokenKeyError
    from monitor.setup.authorize import NotAuthorized, keeping
    from monitor.setup.authorize import authorize as flow
    from monitor.setup.proof import Tokenless, poller
    from probes.kit.contract import Fault

    scheme = vendor.schemes[own.credentials.scheme]
    if scheme.authorize is None:
        raise Stop(f"{own.name} signs in by {own.credentials.scheme}, for which nobody has to agree in a browser; "
                   f"driftline doctor {own.name} says whether it works")  # fmt: skip
    try:
        async with keeping(config, resolve, clock, again=own.name if again else "") as tokens:
            if await tokens.load(own.name) is not None:
                if fresh:
                    raise Stop(f"{own.name} has a refresh token already; --again replaces it")
                yield tokens
                return
            reader = poller(own, resolve, Tokenless(), clock)
            try:
                await flow(scheme, await reader.client(), tokens, _told, port=port, wait=seconds)
            finally:
                await reader.close()
            try:
                yield tokens
            except BaseException:
                await tokens.forget(own.name)
                raise
    except (NotAuthorized, TokenKeyError, SecretError, SchemaError, StoreLocked) as error:
        raise Stop(f"{own.name}: {error}") from error
    except Fault as fault:
        raise Stop(f"{own.name}: {fault.message}") from fault


def _told(address: str) -> None:
    note("Open this address in a browser on this machine, sign in as the user that Driftline is to read as, and agree:")
    note(f"\n  {address}\n")


async def _proved(own: Integration, resolve: Callable[[Reference], str], tokens: Tokens) -> Vantage:
    """Whose account the token opens. Raises Stop when it opens none, or another than the file says."""
    from monitor.setup.proof import poller
    from probes.kit.clock import SystemClock
    from probes.kit.contract import Vantage as Seen

    reader = poller(own, resolve, tokens, SystemClock())
    try:
        async for item in reader.stream(listings=(), want=lambda kind, scope: False):
            if isinstance(item, Seen):
                vantage = item
    finally:
        await reader.close()
    if not vantage.coverage.complete:
        raise Stop(f"{own.name}: the vendor agreed, but reading with the token failed: {vantage.coverage.reason}")
    if own.account and own.account != vantage.account:
        raise Stop(f"{own.name}: who agreed belongs to account {vantage.account}, the file says {own.account}; "
                   "the token was not kept")  # fmt: skip
    return vantage
