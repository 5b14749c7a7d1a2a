"""Mail goes out when the answer is sent, behind the commit, and nobody waits for it."""

from collections.abc import Awaitable, Callable

from fastapi import BackgroundTasks
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.state import State
from app.services.mailer import Mail
from app.services.mails import Mailing

MakeMail = Callable[[AsyncSession, Mailing], Awaitable[Mail | None]]


def send_after_response(background: BackgroundTasks, state: State, mail: Mail) -> None:
    background.add_task(state["mailer"].send, mail)


def answer_by_mail(background: BackgroundTasks, state: State, make: MakeMail) -> None:
    """Does after the answer, in a transaction of its own, what must not tell by the time it takes."""
    background.add_task(_make_and_send, state, make)


async def _make_and_send(state: State, make: MakeMail) -> None:
    async with state["database"].session() as session:
        mail = await make(session, state["mailing"])
    if mail is not None:
        await state["mailer"].send(mail)
