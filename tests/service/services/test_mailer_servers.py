"""Servers that are away, that hang, and that want or lack encryption."""

import asyncio
import ssl
from pathlib import Path

import anyio
import pytest
import trustme
from prometheus_client import REGISTRY

from app.services.mailer import Mail, SmtpMailer
from service.support.smtp import PASSWORD_IN_URL, Inbox, listening, serving

MAIL = Mail("ann@example.com", "subject", "text")
# Longer than any timeout here, shorter than anybody's patience.
HANG_SECONDS = 5


async def fails(url: str) -> bool:
    """Sends a mail; returns whether that was counted as a failure."""
    before = REGISTRY.get_sample_value("mails_total", {"outcome": "failed"}) or 0
    with anyio.fail_after(HANG_SECONDS):
        mailer = SmtpMailer(url, "no-reply@shop.example", timeout=0.5, pauses=(0, 0))
        await mailer.send(MAIL)
    return REGISTRY.get_sample_value("mails_total", {"outcome": "failed"}) == before + 1


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's, with a certificate of an authority that this process trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


async def test_a_server_that_is_away() -> None:
    assert await fails("smtp://127.0.0.1:1")


async def test_a_server_that_hangs() -> None:
    seen: list[str] = []
    given_up = anyio.Event()

    class Hanging(asyncio.Protocol):
        def connection_made(self, _: asyncio.BaseTransport) -> None:
            seen.append("opened")

        def connection_lost(self, _: Exception | None) -> None:
            seen.append("closed")
            if seen.count("closed") == 3:
                given_up.set()

    async with listening(Hanging) as address:
        assert await fails(f"smtp://{address}")
        with anyio.fail_after(HANG_SECONDS):
            await given_up.wait()

    assert seen == ["opened", "closed"] * 3


async def test_a_server_that_takes_its_time() -> None:
    """Each of its replies is in time, their sum is not."""
    heard: list[bytes] = []

    class Slow(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self.transport = transport
            self.reply(b"220 mx\r\n")

        def data_received(self, data: bytes) -> None:
            heard.append(data[:4])
            self.reply(b"250 mx\r\n")

        def reply(self, line: bytes) -> None:
            asyncio.get_running_loop().call_later(0.2, self.transport.write, line)

    async with listening(Slow) as address:
        assert await fails(f"smtp://{address}")

    assert heard.count(b"EHLO") == 3
    assert b"RCPT" not in heard


async def test_a_server_that_does_not_say_goodbye_has_the_mail() -> None:
    class Silent(Inbox):
        async def handle_QUIT(self, *_: object) -> str:  # noqa: N802 - a name of aiosmtpd's
            await anyio.sleep(HANG_SECONDS)
            return "221 Bye"

    inbox = Silent()
    async with listening(serving(inbox)) as address:
        assert not await fails(f"smtp://{address}")

    assert len(inbox.mails) == 1


async def test_a_password_goes_through_tls(tls: ssl.SSLContext) -> None:
    inbox = Inbox()
    login = f"us%40er:{PASSWORD_IN_URL}"
    async with listening(serving(inbox, tls_context=tls)) as address:
        assert not await fails(f"smtp://{login}@{address}")
    async with listening(serving(inbox, auth_require_tls=False), ssl=tls) as address:
        assert not await fails(f"smtps://{login}@{address}")

    assert inbox.logins == [b"us@er", b"us@er"]
    assert len(inbox.mails) == 2


async def test_a_password_does_not_go_in_the_clear() -> None:
    inbox = Inbox()
    async with listening(serving(inbox, auth_require_tls=False)) as address:
        assert await fails(f"smtp://user:{PASSWORD_IN_URL}@{address}")

    assert (inbox.logins, inbox.mails) == ([], [])


async def test_a_wrong_password_is_not_tried_again(tls: ssl.SSLContext) -> None:
    inbox = Inbox()
    async with listening(serving(inbox, tls_context=tls)) as address:
        assert await fails(f"smtp://user:wrong@{address}")

    # By PLAIN and by LOGIN.
    assert (inbox.logins, inbox.mails) == ([b"user", b"user"], [])


async def test_a_server_that_can_encrypt_does(tls: ssl.SSLContext) -> None:
    inbox = Inbox()
    async with listening(serving(inbox, tls_context=tls, require_starttls=True)) as address:
        assert not await fails(f"smtp://{address}")

    assert len(inbox.mails) == 1


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_server_that_nobody_vouches_for_gets_nothing(
    scheme: str, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    inbox = Inbox()
    options = {"ssl": tls} if scheme == "smtps" else {}
    async with listening(serving(inbox, tls_context=tls), **options) as address:
        assert await fails(f"{scheme}://{address}")

    assert inbox.tried == 0
