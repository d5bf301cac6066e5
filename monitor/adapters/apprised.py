"""A message by Apprise, to any service that it knows. Its addresses hold secrets, so nothing of one is ever said.

Apprise is synchronous and loads a module for each service: it runs in a thread, is imported there, and has a bound on
its time. What it logs is taken from its result alone: its logger would write parts of addresses.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from html import escape
from typing import Any, Final
from urllib.parse import unquote

from monitor.core.visible import flat

from .notified import DEADLINE, SAID, Message, NotifyError

SLACK: Final = 5.0  # seconds after which one that does not keep its own bound is left alone
_PIECE: Final = re.compile(r"[^\w.@~%+-]+")
_LINK: Final = re.compile(r"https?://[^\s<>\"]+")
_SHORT: Final = 3  # letters of a piece that is too common to be taken out of a sentence
_TYPES: Final = {"page": "failure", "ticket": "warning", "digest": "info"}


async def send(url: str, message: Message) -> str:
    """Gives what came of it. Raises NotifyError, which never says more of the address than its scheme."""
    try:
        async with asyncio.timeout(DEADLINE + SLACK):
            return await asyncio.to_thread(_send, url, message)
    except TimeoutError:
        raise NotifyError(f"{scheme(url)}: no answer within {DEADLINE + SLACK:.0f} s") from None


def scheme(url: str) -> str:
    """All that may be said of an address: what kind of service it is."""
    found = re.match(r"[a-z][a-z0-9+.-]*(?=://)", url, re.I)
    return found[0].lower() if found else "an Apprise URL"


def _send(url: str, message: Message) -> str:
    import apprise

    _hushed(logging.getLogger("apprise"))
    told: Any = apprise.Apprise(asset=_asset(apprise))
    service = told.instantiate(url, asset=told.asset, suppress_exceptions=True)
    if service is None:
        raise NotifyError(f"{scheme(url)}: expected a URL that Apprise can use, found one that it cannot")
    told.add(service)
    form, body = _body(apprise, service, message)
    done = told.notify(
        title=message.title, body=body, body_format=form, timeout=DEADLINE, log_level=logging.INFO,
        notify_type="success" if message.type == "finding.closed" else _TYPES.get(message.urgency, "info"),
        attach=_files(message) if message.files and service.attachment_support else None,
    )  # fmt: skip
    said = _redacted([str(entry.message) for entry in done.logs()], url)
    if done:
        return said or f"{scheme(url)} took it"
    raise NotifyError(f"{scheme(url)} did not take it: {said or str(done.status.name).lower()}")


def _hushed(logger: logging.Logger) -> None:
    """Its result has what it logs, so that nothing of it goes anywhere else."""
    if logger.propagate:
        logger.propagate = False
        logger.addHandler(logging.NullHandler())
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it logs whole addresses


def _asset(apprise: Any) -> Any:
    """Nothing is kept on a disk, nothing is followed to another host, nothing in a text is more than text. Tries are
    ours."""
    return apprise.AppriseAsset(
        app_id="Driftline", app_desc="Driftline", app_url="", async_mode=False, http_redirects=False,
        interpret_escapes=False, interpret_emojis=False, secure_logging=True, default_service_retry=0,
        pgp_autogen=False, pem_autogen=False, storage_mode="memory", service_timeout=DEADLINE, language="en",
    )  # fmt: skip


def _body(apprise: Any, service: Any, message: Message) -> tuple[Any, str]:
    """In the first form of the service. Apprise escapes plain text for those that read Markdown; its HTML of a text has
    no blank at which a line may break, so that is made here."""
    forms = service.notify_format
    first = forms[0] if isinstance(forms, tuple) else forms
    if first == apprise.NotifyFormat.HTML:
        return first, html(message.text)
    return apprise.NotifyFormat.TEXT, message.text


def html(text: str) -> str:
    """Lines as HTML. What looks like an address is ours: `alert_text.said` leaves none in text from outside."""
    return "<br/>\n".join(_LINK.sub(lambda one: f'<a href="{one[0]}">{one[0]}</a>', line) for line in _lines(text))


def _lines(text: str) -> Iterator[str]:
    yield from (escape(line) for line in text.split("\n"))


def _files(message: Message) -> Any:
    from apprise.attachment.memory import AttachMemory

    make: Any = AttachMemory
    return [make(content=one.content, name=one.name, mimetype=one.media) for one in message.files]


def _redacted(said: list[str], url: str) -> str:
    """What Apprise says last of it, without any part of the address."""
    words = flat(". ".join(dict.fromkeys(line.strip().rstrip(".") for line in said[-3:])))
    pieces = {piece for text in (url, unquote(url)) for piece in _PIECE.split(text.partition("://")[2])}
    pieces |= {part for piece in pieces for by in ("@", "[@.~+%-]") for part in re.split(by, piece)}
    for piece in sorted((piece for piece in pieces if len(piece) > _SHORT), key=len, reverse=True):
        words = words.replace(piece, "…")
    return words[:SAID]
