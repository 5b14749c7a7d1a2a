"""What this service adds to the process. The platform reads these lists; a new line is enough."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import typer
from humanize import intcomma
from starlette.middleware import Middleware

from app.core.config import Settings, get_settings
from app.core.errors import AppError
from app.core.limits.limiter import RateLimit
from app.middleware.shop import ShopMiddleware
from app.services import orders
from app.services.seeding.seeder import Seeder


def order_limit() -> None:
    """Say how many pieces an order may be for."""
    typer.echo(f"{intcomma(get_settings().order_limit)} pieces")


# Pure ASGI, inside the platform's: the first one sees a request first.
middleware: list[Middleware] = [Middleware(ShopMiddleware, name="corner")]

# Limits of their own for groups of paths, the first that has a request's path counts:
# RateLimit("exports", requests=5, window_seconds=60, paths=("/api/v1/exports",)).
rate_limits: list[RateLimit] = [
    RateLimit("orders", requests=50, window_seconds=60, paths=("/api/v1/orders",)),
]

# Opened with the process and closed with it; a route finds each by its name on `request.state`.
resources: dict[str, Callable[[Settings], AbstractAsyncContextManager[Any]]] = {}

# Commands of `python -m app`; a function's name is the command's.
commands: list[Callable[..., Any]] = [order_limit]

# What `python -m app seed` puts into each tenant: app/services/seeding/seeder.py.
seeders: list[Seeder] = [
    orders.seed_orders,
]

# Errors that libraries raise and that are the client's matter, and what each becomes.
errors: dict[type[Exception], type[AppError]] = {}
