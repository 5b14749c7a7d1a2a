"""Registration, confirmation and reset: public, and the same answer whoever has an account."""

from fastapi import APIRouter, BackgroundTasks, Response, status

from app.api.deps import SessionDep, StateDep
from app.api.mailing import post
from app.core.errors import ForbiddenError
from app.schemas.account import (
    EmailConfirmation,
    EmailRequest,
    PasswordReset,
    RegistrationCreate,
)
from app.services import accounts

router = APIRouter(prefix="/auth", tags=["auth"])


class RegistrationClosedError(ForbiddenError):
    code = "registration_closed"


@router.post("/register", status_code=status.HTTP_202_ACCEPTED, response_class=Response)
async def register(
    session: SessionDep, state: StateDep, background: BackgroundTasks, data: RegistrationCreate
) -> None:
    """Makes an account and a tenant of its own; a mail says how it goes on."""
    if not state["settings"].registration_enabled:
        raise RegistrationClosedError("Accounts are made by invitation only")
    mail = await accounts.register(
        session, state["passwords"], state["mailing"], **data.model_dump()
    )
    post(background, state, mail)


@router.post("/verify-email", status_code=status.HTTP_202_ACCEPTED, response_class=Response)
async def request_verification(
    session: SessionDep, state: StateDep, background: BackgroundTasks, data: EmailRequest
) -> None:
    """Sends the mail that confirms an address once more."""
    mail = await accounts.request_verification(session, state["mailing"], data.email)
    post(background, state, mail)


@router.post("/verify-email/confirm", status_code=status.HTTP_204_NO_CONTENT)
async def verify_email(session: SessionDep, data: EmailConfirmation) -> None:
    """Confirms the address that the token was mailed to."""
    await accounts.verify_email(session, data.token)


@router.post("/password-reset", status_code=status.HTTP_202_ACCEPTED, response_class=Response)
async def request_password_reset(
    session: SessionDep, state: StateDep, background: BackgroundTasks, data: EmailRequest
) -> None:
    """Sends a mail that lets whoever reads it set a new password."""
    mail = await accounts.request_password_reset(session, state["mailing"], data.email)
    post(background, state, mail)


@router.post("/password-reset/confirm", status_code=status.HTTP_204_NO_CONTENT)
async def reset_password(session: SessionDep, state: StateDep, data: PasswordReset) -> None:
    """Sets a new password with the token that was mailed, and ends all sessions of the user."""
    await accounts.reset_password(session, state["passwords"], data.token, data.new_password)
