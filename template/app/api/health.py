"""Probes. They are not part of the API: they have no version and are not in the schema."""

from fastapi import APIRouter, Request, Response, status

from app.api.state import get_state
from app.core.settings import project
from app.core.settings.platform_version import PLATFORM_VERSION
from app.schemas.health import HealthRead, LiveRead, ReadyRead

router = APIRouter(prefix="/health", include_in_schema=False)

# Made once: it is always the same, and asked for most.
_LIVE = LiveRead(status="ok").model_dump_json()


@router.get("/live")
async def live() -> Response:
    """The process responds. Checks nothing else: a restart heals no database."""
    return Response(_LIVE, media_type="application/json")


@router.get("/ready")
async def ready(request: Request, response: Response) -> ReadyRead:
    """The service can do its work: 503 while something that it cannot do without is missing.

    While the process drains, 503 as well: it serves requests that still come, and wants no more.
    """
    state = get_state(request)
    readiness = state["readiness"]
    results = await readiness.read()
    failed = any(results[check.name] == "failed" for check in readiness.checks if check.required)
    draining = state["shutdown"].is_draining
    is_ready = not (failed or draining)
    response.status_code = status.HTTP_200_OK if is_ready else status.HTTP_503_SERVICE_UNAVAILABLE
    found = "unavailable" if failed else "ok"
    return ReadyRead(status="draining" if draining else found, checks=results)


@router.get("")
async def health(request: Request, response: Response) -> HealthRead:
    """What `ready` says, and which versions of service and platform say it."""
    readiness = await ready(request, response)
    version = get_state(request)["settings"].version
    return HealthRead(
        name=project.NAME, version=version, platform=PLATFORM_VERSION, **readiness.model_dump()
    )
