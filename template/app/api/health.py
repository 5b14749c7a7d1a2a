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
    """The service can do its work: 503 while something that it cannot do without is missing."""
    readiness = get_state(request)["readiness"]
    results = await readiness.read()
    failed = any(results[check.name] == "failed" for check in readiness.checks if check.required)
    response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE if failed else status.HTTP_200_OK
    return ReadyRead(status="unavailable" if failed else "ok", checks=results)


@router.get("")
async def health(request: Request, response: Response) -> HealthRead:
    """What `ready` says, and which versions of service and platform say it."""
    readiness = await ready(request, response)
    version = get_state(request)["settings"].version
    return HealthRead(
        name=project.NAME, version=version, platform=PLATFORM_VERSION, **readiness.model_dump()
    )
