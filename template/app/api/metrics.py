"""/metrics on the public listener, where METRICS_PORT does not give it one of its own."""

from http import HTTPStatus

from fastapi import Depends, FastAPI, Request
from prometheus_fastapi_instrumentator import Instrumentator

from app.api.deps import get_address
from app.core.errors import ForbiddenError, UnauthorizedError
from app.core.metrics.access import MetricsAccess


def expose_metrics(app: FastAPI, access: MetricsAccess) -> None:
    async def require_access(request: Request) -> None:
        # A proxy that TRUSTED_PROXIES does not name lies in the networks, its clients do not.
        hops = ",".join(request.headers.getlist("x-forwarded-for"))
        addresses = [get_address(), *(hop.strip() for hop in hops.split(",") if hop)]
        refusal = access.find_refusal(addresses, request.headers.get("authorization", ""))
        if refusal == HTTPStatus.FORBIDDEN:
            raise ForbiddenError("Metrics are not for this network")
        if refusal:
            raise UnauthorizedError("Metrics are read with METRICS_TOKEN as a bearer token")

    Instrumentator().expose(app, include_in_schema=False, dependencies=[Depends(require_access)])
