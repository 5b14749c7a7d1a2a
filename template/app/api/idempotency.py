"""How a route lets its requests be repeated: with an `Idempotency-Key` they take effect once."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute, serialize_response
from fastapi.utils import is_body_allowed_for_status_code
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.deps import SessionDep, SignedInDep
from app.api.state import get_state
from app.core.errors import UnsupportedMediaTypeError
from app.core.http.strict_json import is_json
from app.core.principal import Principal
from app.db.models.idempotency_key import IdempotencyKey
from app.middleware.access_log import route_template
from app.services import idempotency
from app.services.idempotency import Attempt


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A request that may be the repetition of another one."""

    request: Request
    response: Response
    session: AsyncSession
    actor: Principal
    key: str | None

    async def run(self, make: Callable[[], Awaitable[Any]]) -> Any:
        """Returns what `make` returns or, if the request was carried out before, that answer.

        `make` keeps to the transaction of the request. What it returns is stored as the answer of
        the route's `response_model`, so it holds no secret; of a route without one it is None.

        Raises:
            KeyInUseError: the request is being carried out.
            KeyReusedError: the key was another request's.
            ForbiddenError: the user is in no tenant.
            UnsupportedMediaTypeError: the body is not JSON.
        """
        if self.key is None:
            return await make()
        self.actor.require_tenant()  # which the stored answer belongs to
        _require_json(self.request)
        route = f"{self.request.method} {route_template(self.request.scope)}"
        attempt = Attempt(self.actor.user_id, route, self.key)
        request_hash = await self._hash_request()
        kept = await idempotency.find_answer(self.session, attempt, request_hash=request_hash)
        if kept is not None:
            return _replay(kept)
        transaction = self.session.sync_session.get_transaction()
        answer = await self._answer(await make())
        if self.session.sync_session.get_transaction() is not transaction:
            raise RuntimeError("what was done is not in the transaction that had the key's lock")
        ttl_seconds = get_state(self.request)["settings"].idempotency_key_ttl
        await idempotency.keep_answer(
            self.session,
            attempt,
            request_hash=request_hash,
            status=answer.status_code,
            headers=answer.headers.items(),
            body=bytes(answer.body).decode(),
            lifetime=timedelta(seconds=ttl_seconds),
        )
        return answer

    async def _hash_request(self) -> str:
        """Tells requests apart by what they say, in whichever order their JSON says it."""
        body = await self.request.body()
        said = (
            self.request.scope["path"],
            self.request.scope["query_string"].decode("latin-1"),
            json.loads(body) if body else None,
        )
        return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    async def _answer(self, result: Any) -> Response:
        """Makes the answer that the framework would make of a result."""
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
            answer = Response(content, status, media_type="application/json")
        elif result is None and not is_body_allowed_for_status_code(status):
            answer = Response(status_code=status)
        else:
            raise TypeError(
                f"{route.name} takes keys: give it a response_model, or answer with 204"
            )
        answer.raw_headers.extend(self.response.raw_headers)
        return answer


def _require_json(request: Request) -> None:
    """Refuses a body that is not JSON. One that is JSON has been read before any transaction."""
    headers = request.headers
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if has_body and not is_json(headers.get("content-type", "")):
        raise UnsupportedMediaTypeError("With an Idempotency-Key, send the body as JSON")


def _replay(kept: IdempotencyKey) -> Response:
    answer = Response(kept.body, kept.status)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept.headers]
    answer.raw_headers[:] = [*headers, (b"idempotency-replayed", b"true")]
    return answer


def get_idempotency(
    request: Request,
    response: Response,
    session: SessionDep,
    actor: SignedInDep,
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
