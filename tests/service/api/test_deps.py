"""One request, one connection, one transaction, on a resource that only this test knows."""

import inspect
from collections.abc import Callable, Iterator
from typing import Annotated, Any
from uuid import UUID, uuid4

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from httpx2 import AsyncClient
from sqlalchemy import Engine, event, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app.api.deps import SessionDep, requires
from app.core.config import Settings
from app.core.errors import ConflictError
from app.core.principal import TENANT_READ, Principal
from app.crud import tenants
from app.db.models.tenant import Tenant
from app.db.session import Database
from app.main import create_app
from service.support.watching import watch_connections, watch_work
from tests.platform.support import Account

Headers = Callable[[Account], dict[str, str]]
Actor = Annotated[Principal, requires(TENANT_READ)]

router = APIRouter(prefix="/things")


@router.post("", status_code=201)
async def create_thing(session: SessionDep, actor: Actor, fail: bool = False) -> None:
    await tenants.create(session, name="made by a request")
    if fail:
        raise ConflictError("after the insert")


@router.get("")
async def list_things(session: SessionDep, actor: Actor) -> None:
    await session.scalar(select(func.count()).select_from(Tenant))


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    app = create_app(settings)
    app.include_router(router)
    return app


async def count_things(database: Database) -> int:
    async with database.session() as session:
        statement = select(func.count()).where(Tenant.name == "made by a request")
        return await session.scalar(statement) or 0


async def test_a_request_commits(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    assert (await client.post("/things", headers=sign_in(owner))).status_code == 201
    assert await count_things(database) == 1


async def test_an_error_rolls_back(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    response = await client.post("/things?fail=true", headers=sign_in(owner))

    assert response.status_code == 409
    assert await count_things(database) == 0


async def test_a_commit_that_fails_is_no_success(
    client: AsyncClient, owner: Account, sign_in: Headers
) -> None:
    """Fails without `scope="function"`: the commit then comes after the response."""
    headers = sign_in(owner)

    def fail(_: Session) -> None:
        raise RuntimeError("the commit failed")

    event.listen(Session, "before_commit", fail)
    try:
        response = await client.post("/things", headers=headers)
    finally:
        event.remove(Session, "before_commit", fail)

    assert response.status_code == 500
    assert response.json()["code"] == "internal_error"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_has_one_connection_and_one_transaction(
    client: AsyncClient, owner: Account, sign_in: Headers, method: str
) -> None:
    headers = sign_in(owner)
    begun: list[Session] = []

    def note(session: Session, *_: object) -> None:
        begun.append(session)

    event.listen(Session, "after_begin", note)
    try:
        with watch_connections() as connections:
            await client.request(method, "/things", headers=headers)
    finally:
        event.remove(Session, "after_begin", note)

    assert len(begun) == 1
    assert (connections.taken, connections.held) == (1, 0)


async def test_knowing_the_tenant_costs_no_statement(
    client: AsyncClient, owner: Account, sign_in: Headers
) -> None:
    """The principal's and the route's own; begin and commit are not the engine's to see."""
    headers = sign_in(owner)
    sent: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        await client.get("/things", headers=headers)
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    assert len([statement for statement in sent if statement != "BEGIN"]) == 2


@pytest.mark.parametrize(("method", "writes"), [("GET", False), ("POST", True)])
async def test_only_unsafe_methods_open_a_writing_transaction(
    client: AsyncClient,
    owner: Account,
    sign_in: Headers,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    writes: bool,
) -> None:
    asked: list[bool] = []
    session = Database.session

    def note(self: Database, *, writes: bool = True, **options: UUID) -> object:
        asked.append(writes)
        return session(self, writes=writes, **options)

    headers = sign_in(owner)
    monkeypatch.setattr(Database, "session", note)
    await client.request(method, "/things", headers=headers)

    assert asked == [writes]


async def test_two_requests_have_two_sessions(
    app: FastAPI, client: AsyncClient, owner: Account, sign_in: Headers
) -> None:
    sessions: list[AsyncSession] = []

    @app.get("/session")
    async def note(session: SessionDep, actor: Actor) -> None:
        sessions.append(session)

    for _ in range(2):
        await client.get("/session", headers=sign_in(owner))

    assert len({id(session) for session in sessions}) == 2


async def test_a_stranger_is_refused(client: AsyncClient, sign_in: Headers) -> None:
    stranger = Account(uuid4(), uuid4(), uuid4(), "nobody@example.com")

    assert (await client.post("/things", headers=sign_in(stranger))).status_code == 401


def test_a_permission_that_nobody_has_is_an_error_at_import() -> None:
    with pytest.raises(ValueError, match="things:typo"):
        requires("things:typo")


async def test_the_caller_takes_no_statement_built_for_the_request(
    app: FastAPI,
    client: AsyncClient,
    owner: Account,
    sign_in: Headers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @app.get("/nothing")
    async def read_nothing(session: SessionDep, actor: Actor) -> None: ...

    headers = sign_in(owner)
    for path in ("/nothing", "/api/v1/auth/me"):
        await client.get(path, headers=headers)  # writes the statement, once for the process
        with watch_work(monkeypatch) as work:
            assert (await client.get(path, headers=headers)).status_code == 200
        assert (path, work.built, work.written) == (path, 0, 0)


def test_no_dependency_runs_in_a_thread(app: FastAPI) -> None:
    """The framework has a thread run what is not `async`: that takes as long as a statement."""
    assert [call for call in calls_in_threads(app) if call.__module__.startswith("app.")] == []


def test_a_dependency_in_a_thread_is_found(app: FastAPI) -> None:
    def choose() -> str:
        return "slowly"

    @app.get("/chosen")
    async def get_chosen(chosen: Annotated[str, Depends(choose)]) -> str:
        return chosen

    assert choose in calls_in_threads(app)


def calls_in_threads(app: FastAPI) -> list[Any]:
    """Returns the routes, dependencies and dependencies of these that are not `async`."""
    routes = [getattr(route, "dependant", None) for route in iter_route_contexts(app.routes)]
    calls = [call for each in routes if each for call in calls_within(each)]
    return [call for call in calls if not is_async(call)]


def calls_within(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from calls_within(each)


def is_async(call: Any) -> bool:
    functions = call, getattr(call, "__call__", None)  # noqa: B004 - instances are called, too
    return any(
        inspect.iscoroutinefunction(each) or inspect.isasyncgenfunction(each) for each in functions
    )
