"""What tests share besides fixtures."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from passlib.context import CryptContext
from sqlalchemy import event
from sqlalchemy.pool import Pool
from starlette.types import Receive, Scope, Send

from app.core.principal import Role
from app.crud import tenants, users
from app.db.session import Database

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Account:
    """A user in a tenant."""

    user_id: UUID
    tenant_id: UUID
    email: str


@cache
def password_hash() -> str:
    cheap = CryptContext(["argon2"], argon2__memory_cost=32, argon2__time_cost=1)
    return cheap.hash(PASSWORD)


async def make_account(
    database: Database, *, email: str = "ann@example.com", role: Role = Role.OWNER
) -> Account:
    """Makes a user with PASSWORD, and a tenant for them alone."""
    async with database.session() as session:
        user = await users.create(session, email=email, password_hash=password_hash())
        tenant = await tenants.create(session, name=f"Tenant of {email}")
        await tenants.add_member(session, tenant.id, user.id, role)
    return Account(user.id, tenant.id, email)


@asynccontextmanager
async def running(app: FastAPI, scheme: str = "http") -> AsyncIterator[AsyncClient]:
    """Starts the application in this process, and yields a client of it."""
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            scope["state"] = dict(state or {})
            await app(scope, receive, send)

        # An error that the service does not answer is for the test to see as a broken answer.
        transport = ASGITransport(with_state, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url=f"{scheme}://service.test") as client:
            yield client


@dataclass
class Connections:
    """How many were taken from a pool, and how many of them are not back yet."""

    taken: int = 0
    held: int = 0


@contextmanager
def watch_connections() -> Iterator[Connections]:
    seen = Connections()

    def take(*_: object) -> None:
        seen.taken += 1
        seen.held += 1

    def give_back(*_: object) -> None:
        seen.held -= 1

    event.listen(Pool, "checkout", take)
    event.listen(Pool, "checkin", give_back)
    try:
        yield seen
    finally:
        event.remove(Pool, "checkout", take)
        event.remove(Pool, "checkin", give_back)
