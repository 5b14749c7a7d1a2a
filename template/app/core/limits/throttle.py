"""Slows guessing down: some attempts are free, and each further one waits twice as long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Protocol
from uuid import UUID

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


class ThrottleKind(StrEnum):
    """What is counted; each has its policy."""

    ACCOUNT = "account"
    ADDRESS = "address"
    # Further attempts, once one of these has none left: of an account at an address, and of all
    # accounts there.
    KNOWN = "known"
    KNOWN_ADDRESS = "known_address"
    # The current password of a signed-in user.
    PASSWORD = "password"  # noqa: S105 - a kind, not a secret
    # Mails of a kind to an address, whatever causes them.
    MAIL = "mail"
    INVITER = "inviter"
    INVITING_ADDRESS = "inviting_address"


@dataclass(frozen=True, slots=True)
class ThrottlePolicy:
    """Times are in seconds; `memory` is how long after the first attempt all are forgotten."""

    free: int
    first_delay: float
    longest_delay: float
    memory: float

    def delay_after(self, count: int) -> float:
        """Returns how long after so many attempts the next one has to wait."""
        if count < self.free:
            return 0.0
        # The exponent is bounded: a number that grew without end would not fit into a float.
        return min(self.longest_delay, self.first_delay * 2.0 ** min(count - self.free, 32))


Policies = Mapping[ThrottleKind, ThrottlePolicy]


def make_policies(*, account_free: int, address_free: int, invitations: int) -> Policies:
    return {
        ThrottleKind.ACCOUNT: ThrottlePolicy(account_free, 1, 15 * MINUTE, DAY),
        ThrottleKind.KNOWN: ThrottlePolicy(account_free, 1, 15 * MINUTE, DAY),
        ThrottleKind.PASSWORD: ThrottlePolicy(account_free, 1, 15 * MINUTE, DAY),
        # Many people may share one: what they mistype in an hour does not add up over days.
        ThrottleKind.ADDRESS: ThrottlePolicy(address_free, 1, 15 * MINUTE, HOUR),
        ThrottleKind.KNOWN_ADDRESS: ThrottlePolicy(address_free, 1, 15 * MINUTE, HOUR),
        # Three an hour, so that no mailbox can be flooded.
        ThrottleKind.MAIL: ThrottlePolicy(3, HOUR, HOUR, HOUR),
        ThrottleKind.INVITER: ThrottlePolicy(invitations, HOUR, HOUR, HOUR),
        # Several users may share one.
        ThrottleKind.INVITING_ADDRESS: ThrottlePolicy(2 * invitations, HOUR, HOUR, HOUR),
    }


@dataclass(frozen=True, slots=True)
class ThrottleKey:
    """What attempts are counted for. The name is a hash: no e-mail and no address is stored."""

    kind: ThrottleKind
    name: str


class Throttle(Protocol):
    async def reserve(self, keys: Sequence[ThrottleKey]) -> float:
        """Returns 0 when the attempt may go on, or else the seconds to wait.

        One that may is counted at once, so that many at the same time do not all pass. One that has
        to wait for any of its keys is counted for none.
        """

    async def release(self, keys: Sequence[ThrottleKey]) -> None:
        """Takes the last reservation back."""

    async def forget(self, keys: Sequence[ThrottleKey]) -> None:
        """Makes all attempts free again."""


def account_key(email: str) -> ThrottleKey:
    return ThrottleKey(ThrottleKind.ACCOUNT, _hash(_same(email)))


def known_key(email: str, address: str) -> ThrottleKey:
    return ThrottleKey(ThrottleKind.KNOWN, _hash(_same(email), address))


def address_key(address: str) -> ThrottleKey:
    return ThrottleKey(ThrottleKind.ADDRESS, _hash(address))


def known_address_key(address: str) -> ThrottleKey:
    return ThrottleKey(ThrottleKind.KNOWN_ADDRESS, _hash(address))


def password_key(user_id: UUID) -> ThrottleKey:
    return ThrottleKey(ThrottleKind.PASSWORD, _hash(str(user_id)))


def mail_key(email: str, reason: str) -> ThrottleKey:
    """Counts each reason apart: no request uses up the mails that another user waits for."""
    return ThrottleKey(ThrottleKind.MAIL, _hash(_same(email), reason))


def inviter_key(user_id: UUID) -> ThrottleKey:
    return ThrottleKey(ThrottleKind.INVITER, _hash(str(user_id)))


def inviting_address_key(address: str) -> ThrottleKey:
    return ThrottleKey(ThrottleKind.INVITING_ADDRESS, _hash(address))


def _same(email: str) -> str:
    """Returns what all the ways to write an account's e-mail have in common."""
    return email.strip().lower()


def _hash(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
