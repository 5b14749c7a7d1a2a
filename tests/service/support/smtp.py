"""A real SMTP server in the process of the tests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

PASSWORD = "p@ss:w/rd"
PASSWORD_IN_URL = "p%40ss%3Aw%2Frd"


@dataclass
class Inbox:
    """Takes mails, after it has given the replies that it was told to give first."""

    replies: list[str] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    tried: int = 0

    def authenticate(
        self, _: Any, __: Any, ___: Any, ____: str, login: LoginPassword
    ) -> AuthResult:
        self.logins.append(login.login)
        return AuthResult(success=login.password == PASSWORD.encode(), handled=False)

    async def handle_RCPT(  # noqa: N802 - a name of aiosmtpd's
        self, _: Any, __: Any, envelope: Envelope, address: str, ___: Any
    ) -> str:
        self.tried += 1
        if self.replies:
            return self.replies.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: Any, __: Any, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        return "250 OK"

    @property
    def mails(self) -> list[EmailMessage]:
        return [_read(envelope.original_content) for envelope in self.envelopes]


def _read(content: bytes | None) -> EmailMessage:
    mail = message_from_bytes(content or b"", policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def serving(inbox: Inbox, **options: Any) -> Callable[[], SMTP]:
    """Returns what `listening` takes: a protocol that fills the inbox."""
    loop = asyncio.get_running_loop()
    return lambda: SMTP(
        inbox, loop=loop, hostname="mx", authenticator=inbox.authenticate, **options
    )


@asynccontextmanager
async def listening(
    protocol: Callable[[], asyncio.BaseProtocol], **options: Any
) -> AsyncIterator[str]:
    """Yields the host and port where the protocol is spoken."""
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, **options)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()
