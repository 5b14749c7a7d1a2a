"""What this service adds to the process. The platform reads these lists; a new line is enough."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.middleware import Middleware

from app.core.config import Settings
from app.core.errors import AppError
from app.core.limits.limiter import RateLimit
from app.services import items
from app.services.seeding.seeder import Seeder

# Pure ASGI, inside the platform's: the first one sees a request first.
middleware: list[Middleware] = []

# Limits of their own for groups of paths, the first that has a request's path counts:
# RateLimit("exports", requests=5, window_seconds=60, paths=("/api/v1/exports",)).
rate_limits: list[RateLimit] = []

# Opened with the process and closed with it; a route finds each by its name on `request.state`.
resources: dict[str, Callable[[Settings], AbstractAsyncContextManager[Any]]] = {}

# Commands of `python -m app`; a function's name is the command's.
commands: list[Callable[..., Any]] = []

# What `python -m app seed` puts into each tenant: app/services/seeding/seeder.py.
seeders: list[Seeder] = [
    items.seed_items,
]

# Errors that libraries raise and that are the client's matter, and what each becomes.
errors: dict[type[Exception], type[AppError]] = {}
