"""Where a service plugs into the platform. `app/extensions.py` fills it; docs/how-to.md has recipes.

A release may add fields. Each has a default, so an older `app/extensions.py` goes on working.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter
from starlette.middleware import Middleware

from app.api.health_checks import Check
from app.auth.authenticators import Authenticator
from app.commands.running import Command
from app.context import AppContext
from app.core.audit import EventName
from app.core.errors import AppError
from app.core.limits.body_limit import BodyLimit
from app.core.limits.limiter import RateLimit
from app.services.seeding.tenants import Seeder

OpenResource = Callable[[AppContext], AbstractAsyncContextManager[Any]]
MakeCheck = Callable[[AppContext], Check]


@dataclass(frozen=True, kw_only=True)
class Extensions:
    # Routers beside those in app/api/v1, by prefix: {"/api/v2": [orders.router], "": [hooks.router]}.
    routers: Mapping[str, Sequence[APIRouter]] = field(default_factory=dict)

    # Pure ASGI, inside the platform's; the first one sees a request first.
    middleware: Sequence[Middleware] = ()

    # Opened with the process in this order, and closed with it. A route gets one by its type:
    # `rates: Annotated[RatesClient, resource(RatesClient)]`.
    resources: Mapping[type[Any], OpenResource] = field(default_factory=dict)

    # Commands of `python -m app`: `async def send_report(context: AppContext, month: str) -> None`.
    commands: Sequence[Command] = ()

    # Credentials besides access tokens, in the order in which they are tried: API keys, for example.
    authenticators: Sequence[Authenticator] = ()

    # Limits of their own for groups of paths. The first that has a request's path counts.
    rate_limits: Sequence[RateLimit] = ()

    # How large bodies may be for groups of paths, in place of MAX_BODY_BYTES:
    # BodyLimit(50_000_000, paths=("/api/v1/uploads",)). The first that has a path counts.
    body_limits: Sequence[BodyLimit] = ()

    # Exceptions of libraries that are the client's fault, and the problem that each becomes.
    errors: Mapping[type[Exception], type[AppError]] = field(default_factory=dict)

    # Names of audit events, each list an enum: `class OrderEvent(EventName): SHIPPED = "order.shipped"`.
    # A service records one with `audit_log.record(session, OrderEvent.SHIPPED, actor_id=...)`.
    audit_events: Sequence[type[EventName]] = ()

    # What /health/ready checks besides. A required check that fails takes the service out of rotation.
    checks: Sequence[MakeCheck] = ()

    # Headers that pages of CORS_ORIGINS may send and read, besides the platform's.
    cors_request_headers: Sequence[str] = ()
    cors_exposed_headers: Sequence[str] = ()

    # What `python -m app seed` puts into each tenant: app/services/seeding/tenants.py.
    seeders: Sequence[Seeder] = ()
