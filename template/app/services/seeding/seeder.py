"""The tenants that `python -m app seed` fills, and what fills them."""

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
    # How many a seeder makes.
    rows: int
    now: datetime
    random: Random

    def make_id(self) -> UUID:
        return make_id(self.random)

    def make_time(self, since: datetime | None = None) -> datetime:
        """Returns a time of the last 90 days, or since another: the nearer to now, the likelier."""
        return make_time(self.random, self.now, since or self.now - AGE)


# Yields rows of a service's own tables, with ids from the tenant and without `tenant_id`, which the
# session puts in. They are written in this order: what others refer to comes before them.
Seeder = Callable[[NewTenant], Iterable[Base]]


def make_tenant(seed: int, number: int, *, members: int, rows: int, now: datetime) -> NewTenant:
    # Of its own, so that how many tenants there are changes none of them.
    random = Random(f"{seed} {number}")  # noqa: S311 - to be repeated, and no secret
    tenant_id = make_id(random)
    began = now - AGE
    joined = sorted(make_time(random, now, began) for _ in range(members - 1))
    address_ending = f".tenant-{number}{ending(seed)}"
    return NewTenant(
        tenant_id=tenant_id,
        name=f"Tenant {number}",
        address_ending=address_ending,
        members=[
            _make_member(random, place, address_ending, joined_at)
            for place, joined_at in enumerate([began, *joined], start=1)
        ],
        rows=rows,
        now=now,
        random=random,
    )


def _make_member(random: Random, place: int, address_ending: str, joined_at: datetime) -> NewMember:
    role = Role.OWNER if place == 1 else ROLES[(place - 2) % len(ROLES)]
    return NewMember(
        user_id=make_id(random),
        role=role,
        name=f"{role.title()} {place}",
        email=f"{role}-{place}{address_ending}",
        joined_at=joined_at,
    )


def ending(seed: int) -> str:
    """Returns what the addresses of a seed's users end with, and those of no other."""
    return f".seed-{seed}@example.com"


def make_id(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)


def make_time(random: Random, now: datetime, since: datetime) -> datetime:
    return now - (now - since) * random.random() ** 2
