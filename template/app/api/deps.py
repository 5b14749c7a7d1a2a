"""The only module that injects: routes name what they need by these types."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.state import State, get_state
from app.auth.authenticate import authenticate
from app.auth.permissions import require, table
from app.core.principal import Principal

StateDep = Annotated[State, Depends(get_state)]


async def get_session(request: Request, state: StateDep) -> AsyncIterator[AsyncSession]:
    """One session and one transaction per request: committed, or rolled back on any error."""
    writes = request.method not in ("GET", "HEAD")
    async with state["database"].session(writes=writes) as session:
        yield session


# "function": commit before the answer is sent. With the default scope a commit that fails comes
# after the client has read "201 Created".
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]

_bearer = OAuth2PasswordBearer(tokenUrl="/api/v1/auth/token", auto_error=False)


async def get_principal(
    request: Request,
    session: SessionDep,
    state: StateDep,
    token: Annotated[str | None, Depends(_bearer)],
) -> Principal:
    principal = await authenticate(session, state["codec"], token)
    request.state.principal = principal  # for the access log
    return principal


SignedInDep = Annotated[Principal, Depends(get_principal)]


def requires(permission: str) -> Any:
    """Marks a route's actor: `actor: Annotated[Principal, requires(ITEMS_READ)]`.

    Raises:
        ValueError: while the module is imported, if no role has such a permission.
    """
    if permission not in table:
        raise ValueError(f"no role is granted {permission!r}: see app/permissions.py")

    async def get_permitted(principal: SignedInDep) -> Principal:
        require(principal, permission)
        return principal

    return Depends(get_permitted)
