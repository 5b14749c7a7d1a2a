"""The tenants that `python -m app seed` makes, and the type of what fills them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from app.core.principal import Role
from app.db.base import Base

# How far back the rows go.
AGE = timedelta(days=90)
# After the owner, the roles of members in the order of joining, again and again.
ROLES = [Role.ADMIN, Role.VIEWER, Role.MEMBER, Role.MEMBER, Role.MEMBER, Role.VIEWER, Role.MEMBER]


@dataclass(frozen=True, slots=True)
class NewMember:
    user_id: UUID
    role: Role
    name: str
    email: str
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class NewTenant:
    """A tenant to fill. What differs from row to row comes from here, so that it can be repeated."""

    tenant_id: UUID
    name: str
    # Of every address in it, as "owner-1" + this.
    address_ending: str
    # In the order of joining, the owner first.
    members: Sequence[NewMember]
    # The number of rows that each seeder makes.
    rows: int
    now: datetime
    random: Random

    def make_id(self) -> UUID:
        return make_id(self.random)

    def make_time(self, since: datetime | None = None) -> datetime:
        """Returns a time in the last 90 days, or since another; recent times are likelier."""
        return make_time(self.random, self.now, since or self.now - AGE)


# Yields rows of a service's own tables, with ids from the tenant and without `tenant_id`, which the
# session sets. They are written in this order: a row comes before those that refer to it.
Seeder = Callable[[NewTenant], Iterable[Base]]


def make_tenant(seed: int, number: int, *, members: int, rows: int, now: datetime) -> NewTenant:
    # One for each tenant, so that the number of tenants changes none of them.
    random = Random(f"{seed} {number}")  # noqa: S311 - to be repeated, and no secret
    tenant_id = make_id(random)
    began = now - AGE
    joined = sorted(make_time(random, now, began) for _ in range(members - 1))
    ending = f".tenant-{number}{address_ending(seed)}"
    return NewTenant(
        tenant_id=tenant_id,
        name=f"Tenant {number}",
        address_ending=ending,
        members=[
            _make_member(random, place, ending, joined_at)
            for place, joined_at in enumerate([began, *joined], start=1)
        ],
        rows=rows,
        now=now,
        random=random,
    )


def _make_member(random: Random, place: int, ending: str, joined_at: datetime) -> NewMember:
    role = Role.OWNER if place == 1 else ROLES[(place - 2) % len(ROLES)]
    return NewMember(
        user_id=make_id(random),
        role=role,
        name=f"{role.title()} {place}",
        email=f"{role}-{place}{ending}",
        joined_at=joined_at,
    )


def address_ending(seed: int) -> str:
    """Returns how the addresses of a seed's users end, and no others."""
    return f".seed-{seed}@example.com"


def make_id(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)


def make_time(random: Random, now: datetime, since: datetime) -> datetime:
    return now - (now - since) * random.random() ** 2
