"""The mails that the service sends. Links lead to the front end, which calls the API."""

import re
from dataclasses import dataclass
from uuid import UUID

from app.core.limits.throttle import Throttle, inviter_key, inviting_address_key, mail_key
from app.core.settings import project
from app.services.mailer import Mail

# What mail programs make a link of: a scheme, or a dot inside a word, in any script.
_URL = re.compile(r"\S*(?::/|\w[.\u3002\uff0e\uff61]\w{2})\S*")


@dataclass(frozen=True, slots=True)
class Mailing:
    """Which mails may go out, and where the links in them lead: never to a request's Host."""

    public_url: str
    throttle: Throttle

    async def allows(self, email: str, reason: str) -> bool:
        """Counts a mail; False if the address was sent too many for this reason."""
        return not await self.throttle.reserve([mail_key(email, reason)])

    async def count_invitation(self, email: str, inviter_id: UUID, address: str) -> float:
        """Counts an invitation of all tenants; returns the seconds to wait if there were too many.

        It counts for the invited address, for the inviter, and for the inviter's network address.
        """
        keys = mail_key(email, "invitation"), inviter_key(inviter_id), inviting_address_key(address)
        return await self.throttle.reserve(keys)

    def link(self, page: str, token: str) -> str:
        # Behind '#': a browser sends it to no server, and to no log.
        return f"{self.public_url.rstrip('/')}/{page}#token={token}"


def without_urls(name: str) -> str:
    """Returns a name that somebody chose, as a mail may quote it."""
    return _URL.sub("...", name)


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
            # On a line of its own and in quotes: a stranger may have chosen the name.
            f"You are invited to join a team at {project.NAME}. It calls itself:\n\n"
            f'    "{without_urls(tenant_name)}"\n\n'
            f"Accept here: {mailing.link('accept-invitation', token)}\n\n"
            "If you do not know who invites you, do nothing.\n"
        ),
    )
