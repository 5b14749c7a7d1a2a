"""The only module with `Depends` for routes: each names what it needs by these types."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.openapi import TOKEN_URL
from app.api.state import State, get_state
from app.auth.authenticate import authenticate
from app.auth.authorization_server import Client
from app.auth.permissions import require, table
from app.core.errors import ForbiddenError
from app.core.http.addresses import UNKNOWN
from app.core.http.context import client_address
from app.core.principal import Principal
from app.middleware.state import get_credentials

StateDep = Annotated[State, Depends(get_state)]


async def get_session(request: Request, state: StateDep) -> AsyncIterator[AsyncSession]:
    """One session and one transaction per request: committed, or rolled back on any error."""
    writes = request.method not in ("GET", "HEAD")
    async with state["database"].session(writes=writes) as session:
        yield session


# "function": commit before the response is sent. With the default scope a commit that fails comes
# after the client has read "201 Created".
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]

_bearer = OAuth2PasswordBearer(tokenUrl=TOKEN_URL, auto_error=False)


async def get_principal(
    request: Request,
    state: StateDep,
    session: SessionDep,
    _: Annotated[str | None, Depends(_bearer)],
) -> Principal:
    principal = await authenticate(session, get_credentials(request.scope))
    state["principal"] = principal
    return principal


SignedInDep = Annotated[Principal, Depends(get_principal)]


def requires(permission: str) -> Any:
    """Marks a route's actor: `actor: Annotated[Principal, requires(ITEMS_READ)]`.

    Raises:
        ValueError: while the module is imported, if no role has such a permission.
    """
    if permission not in table:
        raise ValueError(f"no role is granted {permission!r}: see app/permissions.py")
    return Depends(Permitted(permission))


@dataclass(frozen=True)
class Permitted:
    """Refuses callers whose role lacks the permission; tests read it from the routes."""

    permission: str

    async def __call__(self, principal: SignedInDep) -> Principal:
        require(principal, self.permission)
        return principal


def resource(kind: type[Any]) -> Any:
    """Finds what `extensions.resources` opened: `Annotated[RatesClient, resource(RatesClient)]`."""
    return Depends(Opened(kind))


@dataclass(frozen=True)
class Opened:
    kind: type[Any]

    async def __call__(self, state: StateDep) -> Any:
        return state["context"].resource(self.kind)


async def get_platform_admin(principal: SignedInDep) -> Principal:
    if not principal.is_platform_admin:
        raise ForbiddenError("This is for platform administrators")
    return principal


PlatformAdminDep = Annotated[Principal, Depends(get_platform_admin)]


def get_address() -> str:
    return client_address.get() or UNKNOWN


def get_client(request: Request) -> Client:
    return Client(
        address=get_address(),
        user_agent=request.headers.get("user-agent", ""),
    )


ClientDep = Annotated[Client, Depends(get_client)]
