"""The only module with `Depends` for routes: each names what it needs by these types."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.requests import HTTPConnection
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.openapi import TOKEN_URL
from app.api.state import State, get_state
from app.auth.authenticate import authenticate, authenticate_alone
from app.auth.authorization_server import Client
from app.auth.permissions import require, table
from app.core.errors import ForbiddenError
from app.core.http.addresses import UNKNOWN
from app.core.http.context import client_address
from app.core.principal import USER, Principal
from app.db.session import end_session
from app.middleware.principal_limit import count_by_principal
from app.middleware.state import get_credentials, get_exchange


# The framework runs a dependency without `async` in a thread, which takes as long as a statement. It
# also walks the dependencies of a dependency each time: those of every request have none.
async def find_state(connection: HTTPConnection) -> State:
    return get_state(connection)


StateDep = Annotated[State, Depends(find_state)]


async def get_session(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
    """One session and one transaction per request: committed, or rolled back on any error."""
    writes = connection.scope.get("method", "GET") not in ("GET", "HEAD")
    async with get_state(connection)["database"].session(writes=writes) as session:
        yield session


# "function": commit before the response is sent. With the default scope a commit that fails comes
# after the client has read "201 Created".
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


class AccessToken(OAuth2PasswordBearer):
    """Returns the caller, of any kind; the OpenAPI document describes their credentials.

    A websocket has no transaction any more after that.
    """

    def __init__(self) -> None:
        super().__init__(tokenUrl=TOKEN_URL, scheme_name="AccessToken")

    async def __call__(  # type: ignore[override] # the caller, and not the text of a token
        self, connection: HTTPConnection, session: SessionDep
    ) -> Principal:
        state, credentials = get_state(connection), get_credentials(connection.scope)
        principal = await authenticate(session, credentials, state["authenticators"])
        await note_principal(connection, principal)
        if connection.scope["type"] == "websocket":
            await end_session(session)
        return principal


async def note_principal(connection: HTTPConnection, principal: Principal) -> None:
    get_state(connection)["principal"] = principal
    await count_by_principal(connection.scope, principal)


get_principal = AccessToken()
PrincipalDep = Annotated[Principal, Depends(get_principal)]


async def get_user(principal: PrincipalDep) -> Principal:
    if principal.kind != USER:
        raise ForbiddenError("This is for users who have signed in")
    return principal


SignedInDep = Annotated[Principal, Depends(get_user)]


class AccessTokenAlone(AccessToken):
    """Returns the user who has signed in, for a route that reads nothing else: without a session."""

    async def __call__(  # type: ignore[override] # as above
        self, connection: HTTPConnection
    ) -> Principal:
        state, credentials = get_state(connection), get_credentials(connection.scope)
        database, authenticators = state["database"], state["authenticators"]
        principal = await authenticate_alone(database, credentials, authenticators)
        await note_principal(connection, principal)
        return await get_user(principal)


SignedInAloneDep = Annotated[Principal, Depends(AccessTokenAlone())]


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

    async def __call__(self, principal: PrincipalDep) -> Principal:
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


async def get_platform_admin(principal: PrincipalDep) -> Principal:
    if not principal.is_platform_admin:
        raise ForbiddenError("This is for platform administrators")
    return principal


PlatformAdminDep = Annotated[Principal, Depends(get_platform_admin)]


def get_address() -> str:
    return client_address.get() or UNKNOWN


async def get_client(request: Request) -> Client:
    return Client(
        address=get_address(),
        user_agent=request.headers.get("user-agent", ""),
    )


ClientDep = Annotated[Client, Depends(get_client)]


async def get_raw_body(request: Request) -> bytes:
    """Reads the body as it came, for a signature over its bytes. JSON in it is not checked."""
    get_exchange(request.scope).takes_raw_body = True
    return await request.body()


RawBody = Annotated[bytes, Depends(get_raw_body)]
