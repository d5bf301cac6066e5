"""Messages on a real socket: signed JSON, and Apprise to a real JSON endpoint and a real SMTP conversation. No error
says a word of a secret."""

from __future__ import annotations

import asyncio
import io
import logging
import socket
from collections.abc import Iterator

import pytest

from monitor.adapters import apprised
from monitor.adapters.notified import File, Message, NotifyError
from monitor.adapters.webhook import Webhook, signature
from tests.receivers import Receiver, mailing, receiving

SECRET, TOKEN = "a-shared-secret", "s3kr1t-t0ken"
MESSAGE = Message(
    id="abc.1", type="finding.opened", stack="acme", at=1.0, urgency="page", title="[acme] New: Score <b> & more",
    text="STOPPED: <b>*Score*</b> & more\nhttps://drift.example.com/findings/abc", finding="abc",
    files=(File("week.html", "text/html", "<p>all of it</p>"),),
)  # fmt: skip


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


async def post(receiver: Receiver, *, allow_private: bool = True) -> str:
    hook = Webhook(
        f"{receiver.url}/a/path", allow_private=allow_private, proxy=None, ca_file=None, now=lambda: 1_790_000_000.9
    )
    try:
        return await hook.send(MESSAGE, SECRET)
    finally:
        await hook.close()


def test_the_signature_is_that_of_the_documentation() -> None:
    # The mark was made with: printf '1790000000.{"a":1}' | openssl dgst -sha256 -hmac a-shared-secret
    mark = "9655681e9bc2419ea5ae030a3b356b99554a52963178430addd14cbb7d48eda4"
    assert signature(SECRET, 1_790_000_000.9, b'{"a":1}') == f"t=1790000000,v1={mark}"


async def test_a_webhook_is_signed_over_what_was_sent(receiver: Receiver) -> None:
    assert await post(receiver) == "HTTP 200: ok"
    (got,) = receiver.got
    assert got.verified(SECRET) and got.path == "/a/path" and got.headers["driftline-event"] == "abc.1"
    assert (
        got.headers["content-type"] == "application/json" and got.headers["driftline-signature"][:13] == "t=1790000000,"
    )
    assert got.body["text"] == MESSAGE.text and "files" not in got.body


@pytest.mark.parametrize(
    ("status", "headers", "wait", "alone"),
    [(500, {}, 0.0, False), (429, {"retry-after": "120"}, 120.0, False), (400, {}, 0.0, True), (307, {}, 0.0, False)],
)
async def test_a_refusal_says_what_it_was_and_no_secret(
    receiver: Receiver, status: int, headers: dict[str, str], wait: float, alone: bool
) -> None:
    receiver.answers.append((status, {"location": "http://127.0.0.1:1/", **headers}, f"bad {SECRET}".encode()))
    with pytest.raises(NotifyError) as error:
        await post(receiver)
    assert (error.value.wait, error.value.alone) == (wait, alone)
    assert f"HTTP {status}: bad …" in str(error.value) and SECRET not in str(error.value) and len(receiver.got) == 1


async def test_a_webhook_goes_to_no_private_address_unasked(receiver: Receiver) -> None:
    with pytest.raises(NotifyError, match="allow_private"):
        await post(receiver, allow_private=False)
    assert not receiver.got


async def test_apprise_sends_text_title_and_files(receiver: Receiver) -> None:
    url = receiver.url.replace("http://", f"json://user:{TOKEN}@")
    await apprised.send(f"{url}/notify", MESSAGE)
    (got,) = receiver.got
    assert (got.body["title"], got.body["message"], got.body["type"]) == (MESSAGE.title, MESSAGE.text, "failure")
    assert got.body["attachments"][0]["filename"] == "week.html"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What reaches the root logger, as a library's log does that nobody holds back."""
    root, lines = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(lines), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(level)
    root.removeHandler(handler)


async def test_apprise_says_what_went_wrong_and_nothing_of_the_address(receiver: Receiver, logged: io.StringIO) -> None:
    receiver.answers.append((500, {}, b"no"))
    url = receiver.url.replace("http://", f"json://user:{TOKEN}@")
    with pytest.raises(NotifyError) as error:
        await apprised.send(f"{url}/{TOKEN}2", MESSAGE)
    with pytest.raises(NotifyError) as closed:
        await apprised.send(f"json://user:{TOKEN}@127.0.0.1:{_closed()}/", MESSAGE)
    for bad in (f"nonsense://{TOKEN}", f"slack://{TOKEN}", TOKEN):
        with pytest.raises(NotifyError, match="expected a URL that Apprise can use"):
            await apprised.send(bad, MESSAGE)
    assert "error=500" in str(error.value) and "onnection" in str(closed.value)
    told = f"{error.value} {closed.value} {logged.getvalue()}"
    assert TOKEN not in told and TOKEN[:8] not in told and "127.0.0.1" not in f"{error.value} {closed.value}"


async def test_a_mail_has_the_text_as_html_and_the_report_attached() -> None:
    async with mailing() as box:
        url = f"mailto://127.0.0.1:{box.port}/?from=driftline@example.com&to=ops@example.com&mode=insecure"
        await apprised.send(url, MESSAGE)
    (mail,) = box.mails
    assert mail["subject"] == MESSAGE.title and mail["to"] == "ops@example.com"
    html = mail.get_body(("html",))
    assert html is not None
    page = html.get_content()
    assert "&lt;b&gt;*Score*&lt;/b&gt; &amp; more" in page and "<b>" not in page
    assert '<a href="https://drift.example.com/findings/abc">' in page
    (file,) = mail.iter_attachments()
    assert file.get_filename() == "week.html" and "all of it" in file.get_content()


async def test_a_service_that_hangs_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apprised, "DEADLINE", 0.3)
    accepted, ended = asyncio.Event(), asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set()
        await reader.read()  # and no answer
        writer.close()
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    async with server:
        url = f"json://127.0.0.1:{server.sockets[0].getsockname()[1]}/?rto=1&cto=1"
        with pytest.raises(NotifyError, match="did not take it"):
            await apprised.send(url, MESSAGE)
        assert accepted.is_set()
        await asyncio.wait_for(ended.wait(), 60)


def _closed() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
