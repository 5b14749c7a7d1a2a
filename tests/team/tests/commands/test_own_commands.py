"""What docs/how-to.md says of commands. Each test names its recipe."""

import pytest
from anyio import fail_after

from app.commands.news import send_news
from app.commands.purging import purge
from app.context import AppContext
from app.core.config import Settings
from app.db.session import Database
from app.services.mailer import ConsoleMailer, Mail
from tests.platform.support import Account


@pytest.fixture
def context(settings: Settings, database: Database) -> AppContext:
    return AppContext(settings, database, ConsoleMailer())


# Recipe: Add a command
async def test_news_reach_every_user(
    context: AppContext, owner: Account, outbox: list[Mail], capsys: pytest.CaptureFixture[str]
) -> None:
    await send_news(context, "We have lamps")

    assert [(mail.to, mail.text) for mail in outbox] == [(owner.email, "We have lamps")]
    assert capsys.readouterr().out == "Sent to 1 users\n"


# Recipe: Run a worker
async def test_a_worker_works_again_and_again(
    context: AppContext, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(TimeoutError), fail_after(1):
        await purge(context, every=0)

    assert capsys.readouterr().out.count("sessions: 0") > 1
