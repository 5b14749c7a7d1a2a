"""What tests share besides fixtures."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient, Response
from passlib.context import CryptContext
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.credentials.opaque_tokens import fingerprint, make_token
from app.core.principal import Role
from app.crud import memberships, tenants, users
from app.db.base import now
from app.db.models.user_session import UserSession
from app.db.session import Database

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Account:
    """A user in a tenant, with a session that is open."""

    user_id: UUID
    tenant_id: UUID
    session_id: UUID
    email: str


# Of an account, the headers of its requests.
SignIn = Callable[[Account], dict[str, str]]


@cache
def password_hash() -> str:
    cheap = CryptContext(["argon2"], argon2__memory_cost=32, argon2__time_cost=1)
    return cheap.hash(PASSWORD)


async def make_account(
    database: Database,
    *,
    email: str = "ann@example.com",
    role: Role = Role.OWNER,
    tenant_id: UUID | None = None,
) -> Account:
    """Makes a confirmed user with PASSWORD in a tenant, a new one unless it is named."""
    async with database.session() as session:
        user = await users.create(session, email=email, password_hash=password_hash())
        await users.set_verified(session, user.id)
        if tenant_id is None:
            tenant_id = (await tenants.create(session, name=f"Tenant of {email}")).id
        await memberships.create(session, tenant_id, user.id, role)
        user_session = make_session(user.id, tenant_id)
        session.add(user_session)
    return Account(user.id, tenant_id, user_session.id, email)


def make_session(user_id: UUID, tenant_id: UUID | None) -> UserSession:
    """Makes a session that is open for an hour, with unknown tokens."""
    return UserSession(
        id=uuid4(),
        user_id=user_id,
        tenant_id=tenant_id,
        family=fingerprint(make_token()),
        current=fingerprint(make_token()),
        address="192.0.2.1",
        user_agent="tests",
        idle_expires_at=now() + timedelta(hours=1),
        expires_at=now() + timedelta(hours=1),
    )


def rows_of(response: Response) -> list[dict[str, Any]]:
    """Returns the rows of a page."""
    return list(response.json()["items"])


@asynccontextmanager
async def started(app: FastAPI) -> AsyncIterator[ASGIApp]:
    """Starts the application in this process, as a server does."""
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            scope["state"] = dict(state or {})
            await app(scope, receive, send)

        yield with_state


@asynccontextmanager
async def running(app: FastAPI, scheme: str = "http") -> AsyncIterator[AsyncClient]:
    """Starts the application in this process, and yields a client of it."""
    async with started(app) as server:
        # An error that the service does not handle is for the test to see as a broken response.
        transport = ASGITransport(server, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url=f"{scheme}://service.test") as client:
            yield client
