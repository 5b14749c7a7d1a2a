"""What runs behind a response: never with the request's session, and well with one of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import partial
from typing import Annotated
from uuid import UUID

import anyio
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI
from fastapi.responses import StreamingResponse
from httpx2 import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.deps import SessionDep, StateDep, requires
from app.core.config import Settings
from app.core.principal import TENANT_READ, Principal
from app.db.ownership import SessionOwnerError
from app.db.session import Database
from app.db.tenancy import TENANT
from app.main import create_app
from service.support.watching import watch_connections
from tests.platform.support import Account

Headers = Callable[[Account], dict[str, str]]
Work = Callable[[], Coroutine[None, None, None]]
Actor = Annotated[Principal, requires(TENANT_READ)]

SECONDS = 10
EACH = pytest.mark.parametrize(
    ("method", "path"), [("GET", "/stream"), ("POST", "/background"), ("POST", "/task")]
)


class Late:
    """Work that runs when the response is under way, and the tenant that it found or its error."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[None]] = []
        self.ended = asyncio.Event()
        self.result: UUID | Exception | None = None

    async def work(self, session: AsyncSession) -> None:
        await asyncio.sleep(0)
        try:
            await session.execute(text("SELECT 1"))
            self.result = session.info.get(TENANT)
        except SessionOwnerError as exc:
            self.result = exc
        self.ended.set()

    async def work_alone(self, database: Database, tenant_id: UUID) -> None:
        async with database.session(writes=False, tenant_id=tenant_id) as session:
            await self.work(session)

    async def end(self) -> None:
        """Returns when the work is over, and its connection back."""
        await self.ended.wait()
        await asyncio.gather(*self.tasks)

    async def stream(self, work: Awaitable[None]) -> AsyncIterator[bytes]:
        await work
        yield b"line\n"


def get_late() -> Late:
    raise NotImplementedError


def choose_work(
    session: SessionDep,
    actor: Actor,
    state: StateDep,
    late: Annotated[Late, Depends(get_late)],
    alone: bool,
) -> Work:
    """With the session of the request, as it must not be, or alone, as docs/how-to.md says."""
    if alone:
        return partial(late.work_alone, state["database"], actor.require_tenant())
    return partial(late.work, session)


WorkDep = Annotated[Work, Depends(choose_work)]


@pytest.fixture
async def late() -> Late:
    return Late()


@pytest.fixture
def app(settings: Settings, late: Late) -> FastAPI:
    app = create_app(settings)

    @app.get("/stream")
    async def stream(work: WorkDep) -> StreamingResponse:
        return StreamingResponse(late.stream(work()))

    @app.post("/background")
    async def add_background_task(work: WorkDep, background: BackgroundTasks) -> None:
        background.add_task(work)

    @app.post("/task")
    async def create_task(work: WorkDep) -> None:
        late.tasks.append(asyncio.create_task(work()))

    app.dependency_overrides[get_late] = lambda: late
    return app


@pytest.fixture
def headers(owner: Account, sign_in: Headers) -> dict[str, str]:
    return sign_in(owner)


@EACH
async def test_the_requests_session_is_refused(
    client: AsyncClient, headers: dict[str, str], late: Late, method: str, path: str
) -> None:
    with watch_connections() as connections, anyio.fail_after(SECONDS):
        response = await client.request(method, f"{path}?alone=false", headers=headers)
        await late.end()

    assert response.status_code == 200
    assert isinstance(late.result, SessionOwnerError)
    assert (connections.taken, connections.held) == (1, 0)


@EACH
async def test_a_session_of_its_own_acts_in_the_tenant(
    client: AsyncClient, headers: dict[str, str], late: Late, method: str, path: str
) -> None:
    with anyio.fail_after(SECONDS):
        await client.request(method, f"{path}?alone=true", headers=headers)
        await late.end()

    assert isinstance(late.result, UUID)
