"""What this service adds to the platform: app/extension_points.py explains each field."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.middleware import Middleware

from app.api import old_api
from app.context import AppContext
from app.db.old_tables import OldTables, create_tables
from app.extension_points import Extensions
from app.middleware.old_limit import RateLimit


@asynccontextmanager
async def open_old_tables(_: AppContext) -> AsyncIterator[OldTables]:
    await create_tables()
    yield OldTables()


extensions = Extensions(
    routers={"": [old_api.router]},
    middleware=[Middleware(RateLimit)],
    resources={OldTables: open_old_tables},
)
