"""How a route lets its requests be repeated: with an `Idempotency-Key` they take effect once."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any, ParamSpec

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute, serialize_response
from fastapi.utils import is_body_allowed_for_status_code
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.deps import PrincipalDep, SessionDep
from app.api.state import get_state
from app.api.versions import tagged
from app.core.errors import UnsupportedMediaTypeError
from app.core.http.strict_json import is_json
from app.core.principal import Principal
from app.db.models.idempotency_key import IdempotencyKey
from app.db.versioned import Versioned
from app.middleware.route_table import route_template
from app.services import idempotency
from app.services.idempotency import Attempt

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A request that may repeat an earlier one."""

    request: Request
    response: Response
    session: AsyncSession
    actor: Principal
    key: str | None

    async def run(
        self, function: Callable[P, Awaitable[Any]], *args: P.args, **kwargs: P.kwargs
    ) -> Any:
        """Calls the function and returns its result or, for a repetition, the stored response.

        The function keeps to the transaction of the request. Its result is stored as the response
        that the route's `response_model` makes of it, so it holds no secret; of a route without a
        model it is None. A versioned row is sent with its ETag.

        Raises:
            KeyInUseError: the request is being processed.
            KeyReusedError: the key was another request's.
            ForbiddenError: the user is in no tenant.
            UnsupportedMediaTypeError: the body is not JSON.
        """
        if self.key is None:
            return self._tag(await function(*args, **kwargs))
        self.actor.require_tenant()  # which the stored response belongs to
        _require_json(self.request)
        route = f"{self.request.method} {route_template(self.request.scope)}"
        attempt = Attempt(self.actor.id, route, self.key)
        request_hash = await self._hash_request()
        stored = await idempotency.find_response(self.session, attempt, request_hash=request_hash)
        if stored is not None:
            return _replay(stored)
        transaction = self.session.sync_session.get_transaction()
        response = await self._make_response(self._tag(await function(*args, **kwargs)))
        if self.session.sync_session.get_transaction() is not transaction:
            raise RuntimeError("the work is not in the transaction that holds the key's lock")
        await self._store(attempt, request_hash, response)
        return response

    def _tag(self, result: Any) -> Any:
        return tagged(self.response, result) if isinstance(result, Versioned) else result

    async def _store(self, attempt: Attempt, request_hash: str, response: Response) -> None:
        ttl_seconds = get_state(self.request)["settings"].idempotency_key_ttl
        await idempotency.store_response(
            self.session,
            attempt,
            request_hash=request_hash,
            status=response.status_code,
            headers=response.headers.items(),
            body=bytes(response.body).decode(),
            lifetime=timedelta(seconds=ttl_seconds),
        )

    async def _hash_request(self) -> str:
        """Hashes path, query and body; the order of keys in JSON makes no difference."""
        body = await self.request.body()
        content = (
            self.request.scope["path"],
            self.request.scope["query_string"].decode("latin-1"),
            json.loads(body) if body else None,
        )
        return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    async def _make_response(self, result: Any) -> Response:
        """Makes the response that the framework would make of a result."""
        route: APIRoute = self.request.scope["route"]
        status = route.status_code or self.response.status_code or 200
        if route.response_field is not None:
            content = await serialize_response(
                field=route.response_field,
                response_content=result,
                include=route.response_model_include,
                exclude=route.response_model_exclude,
                by_alias=route.response_model_by_alias,
                exclude_unset=route.response_model_exclude_unset,
                exclude_defaults=route.response_model_exclude_defaults,
                exclude_none=route.response_model_exclude_none,
                dump_json=True,
            )
            response = Response(content, status, media_type="application/json")
        elif result is None and not is_body_allowed_for_status_code(status):
            response = Response(status_code=status)
        else:
            raise TypeError(f"{route.name} takes keys: give it a response_model, or status 204")
        response.raw_headers.extend(self.response.raw_headers)
        return response


def _require_json(request: Request) -> None:
    """Refuses a body that is not JSON. JSON has been read before any transaction."""
    headers = request.headers
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if has_body and not is_json(headers.get("content-type", "")):
        raise UnsupportedMediaTypeError("With an Idempotency-Key, send the body as JSON")


def _replay(stored: IdempotencyKey) -> Response:
    response = Response(stored.body, stored.status)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in stored.headers]
    response.raw_headers[:] = [*headers, (b"idempotency-replayed", b"true")]
    return response


async def get_idempotency(
    request: Request,
    response: Response,
    session: SessionDep,
    actor: PrincipalDep,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            pattern="^[!-~]{1,255}$",
            description="Unique to this request; send it again with the same key, and it takes"
            " effect once.",
        ),
    ] = None,
) -> Idempotency:
    return Idempotency(request, response, session, actor, key)


IdempotencyDep = Annotated[Idempotency, Depends(get_idempotency)]
