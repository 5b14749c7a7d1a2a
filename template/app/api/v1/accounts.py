"""Registration, confirmation and reset: public, with the same response for every address."""

from fastapi import APIRouter, BackgroundTasks, Response, status

from app.api.deps import ClientDep, SessionDep, StateDep
from app.api.mailing import send_after_response
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
    session: SessionDep,
    state: StateDep,
    client: ClientDep,
    background: BackgroundTasks,
    data: RegistrationCreate,
) -> None:
    """Makes an account with a tenant of its own; a mail says how to confirm the address."""
    if not state["settings"].registration_enabled:
        raise RegistrationClosedError("Accounts are made by invitation only")
    await accounts.count_request(state["auth_server"].throttle, client.address)
    password_hash = await state["passwords"].hash(data.password, email=data.email)
    mail = await accounts.register(
        session, state["mailing"], email=data.email, password_hash=password_hash
    )
    send_after_response(background, state, mail)


@router.post("/verify-email", status_code=status.HTTP_202_ACCEPTED, response_class=Response)
async def request_verification(
    session: SessionDep,
    state: StateDep,
    client: ClientDep,
    background: BackgroundTasks,
    data: EmailRequest,
) -> None:
    """Sends the mail that confirms an address once more."""
    await accounts.count_request(state["auth_server"].throttle, client.address)
    mail = await accounts.request_verification(session, state["mailing"], email=data.email)
    send_after_response(background, state, mail)


@router.post("/verify-email/confirm", status_code=status.HTTP_204_NO_CONTENT)
async def verify_email(
    session: SessionDep, state: StateDep, client: ClientDep, data: EmailConfirmation
) -> None:
    """Confirms the address that the token was mailed to, with the password of the account."""
    await accounts.count_request(state["auth_server"].throttle, client.address)
    await accounts.verify_email(session, state["passwords"], **data.model_dump())


@router.post("/password-reset", status_code=status.HTTP_202_ACCEPTED, response_class=Response)
async def request_password_reset(
    session: SessionDep,
    state: StateDep,
    client: ClientDep,
    background: BackgroundTasks,
    data: EmailRequest,
) -> None:
    """Sends a mail with a link to set a new password."""
    await accounts.count_request(state["auth_server"].throttle, client.address)
    mail = await accounts.request_password_reset(session, state["mailing"], email=data.email)
    send_after_response(background, state, mail)


@router.post("/password-reset/confirm", status_code=status.HTTP_204_NO_CONTENT)
async def reset_password(
    session: SessionDep, state: StateDep, client: ClientDep, data: PasswordReset
) -> None:
    """Sets a new password with the token that was mailed, and ends all sessions of the user."""
    throttle = state["auth_server"].throttle
    await accounts.count_request(throttle, client.address)
    await accounts.reset_password(session, state["passwords"], throttle, **data.model_dump())
