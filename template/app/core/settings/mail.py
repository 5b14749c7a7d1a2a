"""Mails: who sends them, and where their links lead."""

from collections.abc import Iterator

from pydantic import EmailStr, Field

from app.core.settings.group import SettingsGroup
from app.core.settings.urls import PublicUrl, SmtpUrl

# RFC 2606: an address that is nobody's.
_NOBODY = "nobody@example.com"


class MailSettings(SettingsGroup):
    public_url: PublicUrl = "http://localhost:8000"
    smtp_url: SmtpUrl | None = Field(default=None, repr=False)
    mail_from: EmailStr = _NOBODY

    def find_faults(self) -> Iterator[str]:
        yield from super().find_faults()
        if not self.is_production:
            return
        if not self.public_url.startswith("https://"):
            yield "PUBLIC_URL: links in mails must begin with https://"
        if self.smtp_url is None:
            yield "SMTP_URL: name the server that sends mails"
        if self.mail_from == _NOBODY:
            yield "MAIL_FROM: name the address that mails come from"
