"""Registration, confirmation and reset: public, and the same answer whoever has an account."""

from functools import partial

from fastapi import APIRouter, BackgroundTasks, Response, status

from app.api.deps import ClientDep, SessionDep, StateDep
from app.api.mailing import answer_by_mail
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
    state: StateDep, client: ClientDep, background: BackgroundTasks, data: RegistrationCreate
) -> None:
    """Makes an account and a tenant of its own; a mail says how it goes on."""
    if not state["settings"].registration_enabled:
        raise RegistrationClosedError("Accounts are made by invitation only")
    await accounts.count_request(state["auth_server"].throttle, client.address)
    password_hash = await state["passwords"].hash(data.password, email=data.email)
    make = partial(accounts.register, email=data.email, password_hash=password_hash)
    answer_by_mail(background, state, make)


@router.post("/verify-email", status_code=status.HTTP_202_ACCEPTED, response_class=Response)
async def request_verification(
    state: StateDep, client: ClientDep, background: BackgroundTasks, data: EmailRequest
) -> None:
    """Sends the mail that confirms an address once more."""
    await accounts.count_request(state["auth_server"].throttle, client.address)
    answer_by_mail(background, state, partial(accounts.request_verification, email=data.email))


@router.post("/verify-email/confirm", status_code=status.HTTP_204_NO_CONTENT)
async def verify_email(
    session: SessionDep, state: StateDep, client: ClientDep, data: EmailConfirmation
) -> None:
    """Confirms the address that the token was mailed to, with the password of the account."""
    await accounts.count_request(state["auth_server"].throttle, client.address)
    await accounts.verify_email(session, state["passwords"], **data.model_dump())


@router.post("/password-reset", status_code=status.HTTP_202_ACCEPTED, response_class=Response)
async def request_password_reset(
    state: StateDep, client: ClientDep, background: BackgroundTasks, data: EmailRequest
) -> None:
    """Sends a mail that lets whoever reads it set a new password."""
    await accounts.count_request(state["auth_server"].throttle, client.address)
    answer_by_mail(background, state, partial(accounts.request_password_reset, email=data.email))


@router.post("/password-reset/confirm", status_code=status.HTTP_204_NO_CONTENT)
async def reset_password(
    session: SessionDep, state: StateDep, client: ClientDep, data: PasswordReset
) -> None:
    """Sets a new password with the token that was mailed, and ends all sessions of the user."""
    await accounts.count_request(state["auth_server"].throttle, client.address)
    await accounts.reset_password(session, state["passwords"], **data.model_dump())
