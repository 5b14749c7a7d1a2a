"""Mail goes out when the answer is sent: the commit is behind it, and nobody waits for it."""

from fastapi import BackgroundTasks

from app.api.state import State
from app.core.mailer import Mail


def post(background: BackgroundTasks, state: State, mail: Mail | None) -> None:
    if mail is not None:
        background.add_task(state["mailer"].send, mail)
