"""Probes. They are not part of the API: they have no version and are not in the schema."""

from typing import Literal

from fastapi import APIRouter, Request, Response, status

from app.api.state import get_state
from app.core.settings import project
from app.schemas.health import HealthRead, LiveRead, ReadyRead

router = APIRouter(prefix="/health", include_in_schema=False)


@router.get("/live")
async def live() -> LiveRead:
    """The process responds. Checks nothing else: a restart heals no database."""
    return LiveRead(status="ok")


@router.get("/ready")
async def ready(request: Request, response: Response) -> ReadyRead:
    """The service can do its work: 503 while something that it cannot do without is missing."""
    readiness = get_state(request)["readiness"]
    passed = await readiness.read()
    healthy = all(passed[check.name] for check in readiness.checks if check.required)
    response.status_code = status.HTTP_200_OK if healthy else status.HTTP_503_SERVICE_UNAVAILABLE
    return ReadyRead(status="ok" if healthy else "unavailable", checks=_describe(passed))


@router.get("")
async def health(request: Request, response: Response) -> HealthRead:
    """What `ready` says, and which service and version says it."""
    readiness = await ready(request, response)
    version = get_state(request)["settings"].version
    return HealthRead(name=project.NAME, version=version, **readiness.model_dump())


def _describe(passed: dict[str, bool]) -> dict[str, Literal["ok", "failed"]]:
    return {name: "ok" if healthy else "failed" for name, healthy in passed.items()}
