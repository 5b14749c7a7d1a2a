"""Mail goes out behind the response and the commit, and no request waits for it."""

from fastapi import BackgroundTasks

from app.api.state import State
from app.services.mailer import Mail


def send_after_response(background: BackgroundTasks, state: State, mail: Mail | None) -> None:
    if mail is not None:
        background.add_task(state["mailer"].send, mail)
