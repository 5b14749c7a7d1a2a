"""What this service adds to the platform: app/extension_points.py explains each field."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.middleware import Middleware

from app.api import old_api
from app.auth import old_sign_in
from app.auth.authenticators import Authenticator
from app.clients.note_cache import NoteCache
from app.context import AppContext
from app.core.config import get_settings
from app.core.principal import Principal
from app.extension_points import Extensions
from app.middleware.old_limit import RateLimit


@asynccontextmanager
async def open_note_cache(context: AppContext) -> AsyncIterator[NoteCache]:
    yield NoteCache(context.settings.redis_url)


async def verify_old_token(session: AsyncSession, token: str) -> Principal | None:
    return await old_sign_in.find_caller(session, old_api.make_tokens(get_settings()), token)


extensions = Extensions(
    routers={"": [old_api.router]},
    middleware=[Middleware(RateLimit)],
    resources={NoteCache: open_note_cache},
    # Every JWT begins so; the platform's own come first.
    authenticators=[
        Authenticator(
            kind=old_sign_in.KIND, scheme="bearer", prefix="eyJ", verify=verify_old_token
        ),
    ],
)
