from collections.abc import Iterator

import pytest
from loguru import logger
from prometheus_client import REGISTRY

from app.core.settings import project
from app.services.mailer import ConsoleMailer, Mail, SmtpMailer, make_mailer
from service.support.smtp import Inbox, listening, serving

SENDER = "no-reply@shop.example"
MAIL = Mail(
    to="ann@example.com",
    subject="Gr\u00fc\u00dfe aus \u6771\u4eac",
    text="Hello Ann,\n\nhttps://shop.example/reset?token=s\u00e9same\n" + "long " * 50 + "\n",
)


@pytest.fixture
def logged() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(str(line)), format="{message} {extra}")
    yield lines
    logger.remove(sink)


async def deliver(mail: Mail, inbox: Inbox) -> None:
    async with listening(serving(inbox)) as address:
        await SmtpMailer(f"smtp://{address}", SENDER, timeout=2, pauses=(0, 0)).send(mail)


def count_mails(outcome: str) -> float:
    """Counts as Prometheus does."""
    return REGISTRY.get_sample_value("mails_total", {"outcome": outcome}) or 0


async def test_a_mail_arrives_once_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "NAME", 'B\u00fccher, "neu"')
    inbox = Inbox()
    before = count_mails("sent")
    await deliver(MAIL, inbox)

    [mail], [envelope] = inbox.mails, inbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, ["ann@example.com"])
    assert mail["To"] == "ann@example.com"
    assert mail["From"].addresses[0].addr_spec == SENDER
    assert mail["From"].addresses[0].display_name == project.NAME
    assert mail["Subject"] == MAIL.subject
    assert mail.get_content().splitlines() == MAIL.text.splitlines()
    assert mail["Message-ID"].endswith("@shop.example>")
    assert mail["Date"].datetime.tzinfo is not None
    assert mail["Auto-Submitted"] == "auto-generated"
    assert count_mails("sent") == before + 1


async def test_a_mail_that_is_sent_is_found_in_the_log(logged: list[str]) -> None:
    inbox = Inbox()
    await deliver(MAIL, inbox)

    [line] = [line for line in logged if line.startswith("mail sent")]
    assert inbox.mails[0]["Message-ID"] in line
    assert "ann" not in line


async def test_a_domain_in_any_script_is_reached() -> None:
    inbox = Inbox()
    await deliver(Mail("ann@b\u00fccher.example", "subject", "text"), inbox)

    assert inbox.envelopes[0].rcpt_tos == ["ann@xn--bcher-kva.example"]


@pytest.mark.parametrize(
    "to",
    [
        "ann@example.com\r\nBcc: eve@example.com",
        "ann@example.com, eve@example.com",
        "ann@example.com>\r\nRCPT TO:<eve@example.com",
        "Ann <ann@example.com>",
        "ann",
        "",
    ],
)
async def test_a_text_that_is_not_one_address_gets_no_mail(to: str) -> None:
    inbox = Inbox()
    before = count_mails("failed")
    await deliver(Mail(to, "subject", "text"), inbox)

    assert inbox.tried == 0
    assert count_mails("failed") == before + 1


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x85", "\u2028", "\0"])
async def test_a_subject_is_one_line(end: str) -> None:
    inbox = Inbox()
    subject = f"Hello{end}Bcc: eve@example.com{end}{end}<script>"
    await deliver(Mail("ann@example.com", subject, "text"), inbox)

    [mail] = inbox.mails
    assert mail["Subject"] == "Hello Bcc: eve@example.com <script>"
    assert mail["Bcc"] is None
    assert mail.get_content().splitlines() == ["text"]


async def test_a_text_does_not_end_the_mail() -> None:
    inbox = Inbox()
    mail = Mail("ann@example.com", "subject", "one\n.\nRCPT TO:<eve@example.com>\n")
    await deliver(mail, inbox)

    assert inbox.tried == 1
    assert inbox.mails[0].get_content().splitlines() == mail.text.splitlines()


async def test_a_refusal_for_now_is_tried_again() -> None:
    inbox = Inbox(replies=["451 later", "451 later"])
    before = count_mails("failed")
    await deliver(MAIL, inbox)

    assert (inbox.tried, len(inbox.mails)) == (3, 1)
    assert count_mails("failed") == before


@pytest.mark.parametrize(("reply", "attempts"), [("451 later", 3), ("550 nobody", 1)])
async def test_a_failure_is_counted_and_logged_without_the_mail(
    reply: str, attempts: int, logged: list[str]
) -> None:
    inbox = Inbox(replies=[reply] * 9)
    before = count_mails("failed")
    await deliver(MAIL, inbox)

    assert (inbox.tried, inbox.mails) == (attempts, [])
    assert count_mails("failed") == before + 1
    [line] = [line for line in logged if "mail not delivered" in line]
    assert reply[:3] in line
    assert "token" not in line
    assert "ann@" not in line


async def test_the_console_shows_the_whole_mail(logged: list[str]) -> None:
    mailer = make_mailer(None, SENDER)
    await mailer.send(MAIL)

    assert isinstance(mailer, ConsoleMailer)
    [line] = logged
    assert all(repr(part) in line for part in (MAIL.to, MAIL.subject, MAIL.text))


def test_a_url_makes_a_mailer_that_sends() -> None:
    assert isinstance(make_mailer("smtp://127.0.0.1", SENDER), SmtpMailer)
