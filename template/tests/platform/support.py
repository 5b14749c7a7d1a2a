"""What tests share besides fixtures."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from passlib.context import CryptContext
from sqlalchemy import Engine, event, select
from sqlalchemy.pool import Pool
from starlette.types import Message, Receive, Scope, Send

from app.core.credentials.opaque_tokens import fingerprint, make_token
from app.core.principal import Principal, Role
from app.crud import memberships, tenants, users
from app.db.base import now
from app.db.models.audit_event import AuditEvent
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


@cache
def password_hash() -> str:
    cheap = CryptContext(["argon2"], argon2__memory_cost=32, argon2__time_cost=1)
    return cheap.hash(PASSWORD)


def make_principal(role: Role | None = None, tenant_id: UUID | None = None) -> Principal:
    """Makes a caller who is in no database."""
    return Principal(
        user_id=uuid4(),
        email="ann@example.com",
        name="Ann",
        is_platform_admin=False,
        session_id=uuid4(),
        tenant_id=tenant_id,
        role=role,
    )


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
    """Makes a session that is open for an hour, with tokens that nobody knows."""
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


async def read_events(database: Database, tenant_id: UUID) -> list[str]:
    """Returns the names of a tenant's audit events, oldest first."""
    async with database.session(tenant_id=tenant_id) as session:
        rows = await session.scalars(select(AuditEvent.event).order_by(AuditEvent.created_at))
        return list(rows)


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


async def call(
    app: FastAPI,
    state: Mapping[str, Any] | None,
    path: str,
    body: dict[str, str],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Posts to a running service, and hands each part of the answer over as it is sent."""
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"service.test"), (b"content-type", b"application/json")],
        "scheme": "http",
        "client": ("192.0.2.9", 1234),
        "state": dict(state or {}),
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": json.dumps(body).encode()}

    await app(scope, receive, send)


@contextmanager
def watch_statements() -> Iterator[list[str]]:
    """Collects the SQL that goes to the database."""
    seen: list[str] = []

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


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
