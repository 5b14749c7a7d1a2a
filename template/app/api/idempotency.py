"""How a route lets its requests be repeated: with an `Idempotency-Key` they take effect once."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.deps import SessionDep, SignedInDep
from app.api.state import get_state
from app.core.principal import Principal
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

        `make` works in the transaction of the request. Its answer is stored, so it holds no secret.

        Raises:
            KeyInUseError: the request is being carried out.
            KeyReusedError: the key was another request's.
            ForbiddenError: the user is in no tenant.
        """
        if self.key is None:
            return await make()
        self.actor.require_tenant()  # which the stored answer belongs to
        route = f"{self.request.method} {route_template(self.request.scope)}"
        attempt = Attempt(self.actor.user_id, route, self.key)
        request_hash = await self._hash_request()
        kept = await idempotency.find_answer(self.session, attempt, request_hash=request_hash)
        if kept is not None:
            replayed = {**kept.headers, "Idempotency-Replayed": "true"}
            return Response(kept.body, kept.status, replayed)
        answer = self._answer(await make())
        ttl_seconds = get_state(self.request)["settings"].idempotency_key_ttl
        await idempotency.keep_answer(
            self.session,
            attempt,
            request_hash=request_hash,
            status=answer.status_code,
            headers=dict(answer.headers),
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

    def _answer(self, result: Any) -> Response:
        """Makes the answer that the framework would make of a result."""
        route: APIRoute = self.request.scope["route"]
        status = self.response.status_code or route.status_code or 200
        adapter: TypeAdapter[Any] = TypeAdapter(route.response_model)
        value = adapter.validate_python(result, from_attributes=True)
        return Response(
            adapter.dump_json(value, by_alias=True),
            status,
            dict(self.response.headers),
            media_type="application/json",
        )


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
