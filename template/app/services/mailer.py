"""Mail. It is sent after the commit, as a background task, and no request waits for its delivery."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Protocol
from urllib.parse import unquote, urlsplit

import anyio
from aiosmtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from aiosmtplib import send as send_by_smtp
from email_validator import validate_email
from loguru import logger

from app.core.metrics.series import mails
from app.core.settings import project

# In seconds. Three attempts and the pauses between them end before a stopping process is killed.
TIMEOUT_SECONDS = 5.0
PAUSES_SECONDS = (1.0, 2.0)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Mail:
    to: str
    subject: str
    text: str
    # Not where the response does not tell whether there is a mail: the metrics would.
    is_counted: bool = True


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """Sends the mail, or logs and counts that it could not; raises nothing."""


class ConsoleMailer:
    """For development: the log shows the whole mail, with the link that it is about."""

    async def send(self, mail: Mail) -> None:
        logger.bind(to=mail.to, subject=mail.subject, text=mail.text).info("mail, not sent")


class SmtpMailer:
    """Hands each mail to the server of a URL, smtp:// or smtps://.

    By smtps:// the connection is encrypted from its first byte. By smtp:// it is if the server can,
    and must be before a password is sent.
    """

    def __init__(
        self,
        url: str,
        sender: str,
        *,
        timeout: float = TIMEOUT_SECONDS,
        pauses: Sequence[float] = PAUSES_SECONDS,
    ) -> None:
        self._server = urlsplit(url)
        self._sender = _deliverable(sender)
        self._timeout = timeout
        self._pauses = pauses

    async def send(self, mail: Mail) -> None:
        message_id = make_msgid(domain=self._sender.rpartition("@")[2])
        log = logger.bind(message_id=message_id)
        try:
            recipient = _deliverable(mail.to)
            message = _compose(mail, self._sender, recipient, message_id)
            await self._deliver(message, recipient)
        except (SMTPException, OSError, ValueError) as exc:
            _count(mail, "failed")
            reason = {"error": type(exc).__name__, "smtp_code": _code_of(exc)}
            log.bind(**reason).error("mail not delivered")
        else:
            _count(mail, "sent")
            log.info("mail sent")

    async def _deliver(self, message: EmailMessage, recipient: str) -> None:
        for pause in self._pauses:
            try:
                return await self._attempt(message, recipient)
            except (SMTPException, OSError) as exc:
                # RFC 5321: the next attempt would end like this one.
                if (_code_of(exc) or 0) >= 500:
                    raise
            await anyio.sleep(pause)
        return await self._attempt(message, recipient)

    async def _attempt(self, message: EmailMessage, recipient: str) -> None:
        password = self._server.password
        is_encrypted = self._server.scheme == "smtps"
        with anyio.fail_after(self._timeout):
            await send_by_smtp(
                message,
                sender=self._sender,
                recipients=[recipient],
                hostname=self._server.hostname,
                port=self._server.port,
                username=unquote(self._server.username or "") or None,
                password=None if password is None else unquote(password),
                use_tls=is_encrypted,
                start_tls=True if password is not None and not is_encrypted else None,
                # For each step. A server that has the mail may take that long to say goodbye.
                timeout=self._timeout / 2,
            )


def make_mailer(url: str | None, sender: str) -> Mailer:
    """Returns the mailer for an SMTP_URL; without one, mails are only logged."""
    return SmtpMailer(url, sender) if url else ConsoleMailer()


def _count(mail: Mail, outcome: str) -> None:
    if mail.is_counted:
        mails.labels(outcome).inc()


def _compose(mail: Mail, sender: str, recipient: str, message_id: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = Address(project.NAME, addr_spec=sender)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = _CONTROL.sub(" ", mail.subject)
    message["Date"] = format_datetime(datetime.now(UTC))
    # The same one in each attempt, so that a mail that was sent twice is shown once.
    message["Message-ID"] = message_id
    # RFC 3834: no automatic replies.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


def _deliverable(address: str) -> str:
    """Returns the address as every server takes it, its domain in ASCII.

    Raises:
        ValueError: for what is not one address and nothing else.
    """
    valid = validate_email(address, check_deliverability=False)
    return valid.ascii_email or valid.normalized


def _code_of(error: Exception) -> int | None:
    """Returns the server's reply code, if it replied at all."""
    if isinstance(error, SMTPRecipientsRefused):
        return error.recipients[0].code
    return error.code if isinstance(error, SMTPResponseException) else None
