"""What middleware finds in the state of a connection, and leaves there."""

from typing import NotRequired, TypedDict

from starlette.types import Scope

from app.core.credentials.authorization import Credentials, read_credentials
from app.core.credentials.jwt import TokenCodec
from app.core.limits.limiter import Decision, Limiter, RateLimit
from app.core.principal import Principal
from app.middleware.exchange import Exchange


class EdgeState(TypedDict):
    """The lifespan opens the first two; each request has its own copy of the state."""

    codec: TokenCodec
    limiter: Limiter
    exchange: NotRequired[Exchange]
    credentials: NotRequired[Credentials]
    # The limit that the request comes under, if any.
    rate_limit: NotRequired[RateLimit]
    # What the client is shown of it.
    decision: NotRequired[Decision]
    # Set once the caller is authenticated, for the access log.
    principal: NotRequired[Principal]


def get_edge_state(scope: Scope) -> EdgeState:
    state: EdgeState = scope["state"]
    return state


def get_exchange(scope: Scope) -> Exchange:
    # Each layer calls it, so it calls nothing.
    exchange: Exchange = scope["state"]["exchange"]
    return exchange


def get_credentials(scope: Scope) -> Credentials:
    """Returns the credentials of a request, which are read and verified once."""
    state = get_edge_state(scope)
    if "credentials" not in state:
        header = state["exchange"].text(b"authorization") or _from_subprotocols(scope)
        state["credentials"] = read_credentials(header, state["codec"])
    return state["credentials"]


def _from_subprotocols(scope: Scope) -> str:
    """Pages cannot set a websocket's headers: `new WebSocket(url, ["v1", "bearer." + token])`."""
    offered: list[str] = scope.get("subprotocols", [])
    tokens = [each.removeprefix("bearer.") for each in offered if each.startswith("bearer.")]
    return f"Bearer {tokens[0]}" if tokens else ""


def read_credentials_again(scope: Scope) -> Credentials:
    """Verifies the credentials anew: an access token may have expired meanwhile."""
    get_edge_state(scope).pop("credentials", None)
    return get_credentials(scope)
