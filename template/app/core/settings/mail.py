"""Mails: who sends them, and where their links lead."""

from collections.abc import Iterator
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field

from app.core.settings.errors import SettingError
from app.core.settings.group import SettingsGroup
from app.core.settings.urls import PublicUrl, SmtpUrl

# RFC 2606: an address that cannot receive mail.
_PLACEHOLDER = "nobody@example.com"


def _check_sender(address: str) -> str:
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        raise SettingError("must be an e-mail address and nothing else") from None


Sender = Annotated[str, AfterValidator(_check_sender)]


class MailSettings(SettingsGroup):
    public_url: PublicUrl = "http://localhost:8000"
    smtp_url: SmtpUrl | None = Field(default=None, repr=False)
    mail_from: Sender = _PLACEHOLDER

    def find_faults(self) -> Iterator[str]:
        yield from super().find_faults()
        if not self.is_production:
            return
        if not self.public_url.startswith("https://"):
            yield "PUBLIC_URL: links in mails must begin with https://"
        if self.smtp_url is None:
            yield "SMTP_URL: name the server that sends mails"
        if self.mail_from == _PLACEHOLDER:
            yield "MAIL_FROM: name the address that mails come from"
