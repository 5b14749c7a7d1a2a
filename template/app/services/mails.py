"""The mails that the service sends. Links lead to the front end, which asks the API."""

from dataclasses import dataclass

from app.core.limits.throttle import Throttle, mail_key
from app.core.settings import project
from app.services.mailer import Mail


@dataclass(frozen=True, slots=True)
class Mailing:
    """Which mails may go out, and where the links in them lead: never to a request's Host."""

    public_url: str
    throttle: Throttle

    async def allows(self, email: str, reason: str) -> bool:
        """Counts a mail; False if the address was sent too many for this reason."""
        return not await self.throttle.reserve([mail_key(email, reason)])

    def link(self, page: str, token: str) -> str:
        # Behind '#': a browser sends it to no server, and to no log.
        return f"{self.public_url.rstrip('/')}/{page}#token={token}"


def verify_email(mailing: Mailing, to: str, token: str) -> Mail:
    return Mail(
        to=to,
        subject=f"Confirm your address for {project.NAME}",
        text=(
            f"Somebody, you we hope, registered this address at {project.NAME}.\n\n"
            f"Confirm it here: {mailing.link('verify-email', token)}\n\n"
            "You need the password that was chosen then. If it was not you, do nothing.\n"
        ),
        is_counted=False,
    )


def already_registered(mailing: Mailing, to: str) -> Mail:
    return Mail(
        to=to,
        subject=f"You have an account at {project.NAME}",
        text=(
            f"Somebody, you perhaps, tried to register this address at {project.NAME}, "
            "which has an account for it already.\n\n"
            f"Sign in with it: {mailing.public_url}\n\n"
            "If you have forgotten the password, ask for a new one there. "
            "If it was not you, do nothing: your account is as it was.\n"
        ),
        is_counted=False,
    )


def reset_password(mailing: Mailing, to: str, token: str) -> Mail:
    return Mail(
        to=to,
        subject=f"Set a new password for {project.NAME}",
        text=(
            f"Somebody, you we hope, asked for a new password at {project.NAME}.\n\n"
            f"Set it here: {mailing.link('reset-password', token)}\n\n"
            "If it was not you, do nothing: your password stays as it is.\n"
        ),
        is_counted=False,
    )


def invitation(mailing: Mailing, to: str, token: str, *, tenant_name: str) -> Mail:
    return Mail(
        to=to,
        subject=f"You are invited to {project.NAME}",
        text=(
            # On a line of its own and in quotes: somebody chose the name, and may mean no good.
            f"You are invited to join a team at {project.NAME}. It calls itself:\n\n"
            f'    "{tenant_name}"\n\n'
            f"Accept here: {mailing.link('accept-invitation', token)}\n\n"
            "If you do not know who invites you, do nothing.\n"
        ),
    )
