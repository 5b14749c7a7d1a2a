from fastapi.security.utils import get_authorization_scheme_param
from starlette.datastructures import Headers
from starlette.types import Scope

from app.core.credentials.jwt import InvalidTokenError, Presented, TokenCodec

_KEY = "presented"


def read_presented(scope: Scope) -> Presented:
    """Returns what the access token of a request says. It is verified once, whoever asks first."""
    state = scope["state"]
    if _KEY not in state:
        state[_KEY] = _verify(state["auth_server"].codec, Headers(scope=scope))
    presented: Presented = state[_KEY]
    return presented


def _verify(codec: TokenCodec, headers: Headers) -> Presented:
    scheme, token = get_authorization_scheme_param(headers.get("authorization"))
    if scheme.lower() != "bearer":
        return None
    try:
        return codec.verify(token)
    except InvalidTokenError as exc:
        return exc
