"""What the walks of tests/platform find, and what they say then: no dishonest route passes."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import APIRouter, FastAPI, Query, Request, UploadFile, WebSocket
from fastapi.sse import EventSourceResponse
from httpx2 import AsyncClient
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import Mount, WebSocketRoute
from starlette.types import Receive, Scope, Send

from app.api.deps import SessionDep, get_principal, requires
from app.core.config import Settings
from app.core.errors import ForbiddenError, NotFoundError
from app.core.principal import MEMBERS_READ, Principal, Role
from app.db.models.user import User
from app.db.models.user_session import UserSession
from app.db.session import Database
from app.extension_points import Extensions
from app.main import create_app
from service.support.principals import make_principal
from tests.platform import test_routes, test_tenants
from tests.platform import walker as walking
from tests.platform.operations import Operation, operations
from tests.platform.samples import Samples
from tests.platform.support import Account
from tests.platform.walker import Walker

Headers = Callable[[Account], dict[str, str]]
Walk = Callable[[], Awaitable[None]]
Reader = Annotated[Principal, requires(MEMBERS_READ)]
ids, stranger = test_tenants.ids, test_tenants.stranger


@pytest.fixture
def app(
    settings: Settings, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> FastAPI:
    """The service and one more route: the one that a test is about, and that the walks walk."""
    router = APIRouter()
    request.param(router)
    for module in (test_routes, test_tenants):
        monkeypatch.setattr(module, "callable_operations", walked_operations)
    return create_app(settings, Extensions(routers={"/walked": [router]}))


@pytest.fixture
def walk_ids(
    app: FastAPI,
    walker: Walker,
    database: Database,
    owner: Account,
    ids: list[UUID],
    stranger: dict[str, str],
) -> Walk:
    """The walk over all ids of another tenant."""

    async def walk() -> None:
        await test_tenants.test_ids_of_another_tenant_are_as_if_they_did_not_exist(
            app, walker, database, owner, ids, stranger
        )

    return walk


def walked_operations(app: FastAPI) -> list[Operation]:
    return [each for each in operations(app) if each.path.startswith("/walked/")]


def with_routes(*routes: tuple[Callable[[APIRouter], None], str]) -> pytest.MarkDecorator:
    """Runs a test with each of the routes, and with what a walk says of it."""
    return pytest.mark.parametrize(
        ("app", "said"),
        [pytest.param(*each, id=each[0].__name__) for each in routes],
        indirect=["app"],
    )


def forgotten(router: APIRouter) -> None:
    @router.get("/forgotten/{name}")
    async def get_forgotten(session: SessionDep, name: str) -> str:
        return name


def forgotten_websocket(router: APIRouter) -> None:
    @router.websocket("/forgotten")
    async def open_forgotten(websocket: WebSocket) -> None:
        await websocket.accept()


async def run_nothing(scope: Scope, receive: Receive, send: Send) -> None: ...


def forgotten_endpoint(router: APIRouter) -> None:
    router.routes.append(WebSocketRoute("/forgotten", run_nothing))


def forgotten_mount(router: APIRouter) -> None:
    router.routes.append(Mount("/forgotten", run_nothing))


@with_routes(
    (forgotten, "GET /walked/forgotten/{name}"),
    (forgotten_websocket, "WEBSOCKET /walked/forgotten"),
    (forgotten_endpoint, "WEBSOCKET /walked/forgotten"),
    (forgotten_mount, "MOUNT /walked/forgotten"),
)
def test_a_route_without_a_policy_is_found(app: FastAPI, said: str) -> None:
    with pytest.raises(AssertionError, match="Give each `actor: ") as raised:
        test_routes.test_every_operation_has_a_policy_or_is_public(app)

    assert said in str(raised.value)


def plain(router: APIRouter) -> None:
    @router.get("/plain")
    async def get_plain(actor: Reader) -> None: ...


def plain_websocket(router: APIRouter) -> None:
    @router.websocket("/plain")
    async def open_plain(websocket: WebSocket, actor: Reader) -> None:
        await websocket.accept()
        await websocket.send_text("welcome")


@with_routes(
    (plain, "GET /walked/plain: 200 without a token"),
    (plain_websocket, "WEBSOCKET /walked/plain: 101 without a token"),
)
async def test_a_route_whose_guard_lets_strangers_in_is_found(
    app: FastAPI, walker: Walker, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.dependency_overrides[get_principal] = lambda: make_principal(Role.OWNER)

    with pytest.raises(AssertionError, match=said):
        await test_routes.test_without_a_token_nothing_is_done(app, walker)


def refused(router: APIRouter) -> None:
    @router.get("/refused")
    async def get_refused(actor: Reader) -> None:
        raise ForbiddenError(f"This needs the permission {MEMBERS_READ}")


@with_routes((refused, "GET /walked/refused: 403 for the role owner"))
async def test_a_role_that_is_refused_what_it_is_granted_is_found(
    app: FastAPI, walker: Walker, database: Database, sign_in: Headers, said: str
) -> None:
    with pytest.raises(AssertionError, match=said):
        await test_routes.test_a_role_may_do_what_the_table_grants(
            app, walker, database, sign_in, Role.OWNER
        )


@with_routes((plain, "GET /walked/plain: 200 for the role viewer"))
async def test_a_role_that_may_do_what_it_is_not_granted_is_found(
    app: FastAPI,
    walker: Walker,
    database: Database,
    sign_in: Headers,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(test_routes, "table", {MEMBERS_READ: frozenset()})

    with pytest.raises(AssertionError, match=said):
        await test_routes.test_a_role_may_do_what_the_table_grants(
            app, walker, database, sign_in, Role.VIEWER
        )


async def find_user(session: AsyncSession, user_id: UUID) -> User:
    """Finds the users of all tenants, which crud does for the platform alone."""
    user = await session.scalar(select(User).where(User.id == user_id))
    if user is None:
        raise NotFoundError("There is no such user")
    return user


def leaking(router: APIRouter) -> None:
    @router.get("/leaks/{user_id}")
    async def get_leak(session: SessionDep, actor: Reader, user_id: UUID) -> str:
        return (await find_user(session, user_id)).name


def leaking_by_another_name(router: APIRouter) -> None:
    @router.get("/leaks/{user}")
    async def get_leak(session: SessionDep, actor: Reader, user: UUID) -> str:
        return (await find_user(session, user)).name


def leaking_with_a_query(router: APIRouter) -> None:
    @router.get("/leaks/{user_id}")
    async def get_leak(
        session: SessionDep, actor: Reader, user_id: UUID, length: Annotated[int, Query(gt=9)]
    ) -> str:
        return (await find_user(session, user_id)).name[:length]


def leaking_upload(router: APIRouter) -> None:
    @router.put("/leaks/{user_id}")
    async def put_leak(
        session: SessionDep, actor: Reader, user_id: UUID, picture: UploadFile
    ) -> str:
        return (await find_user(session, user_id)).name


def leaking_stream(router: APIRouter) -> None:
    @router.get("/leaks/{user_id}", response_class=EventSourceResponse)
    async def stream_leak(actor: Reader, user_id: UUID) -> AsyncIterator[str]:
        while True:
            yield str(user_id)
            await asyncio.sleep(0.01)


def deaf(router: APIRouter) -> None:
    @router.get("/leaks/{user_id}")
    async def get_leak(
        session: SessionDep, actor: Reader, user_id: UUID, code: Annotated[str, Query(pattern="#")]
    ) -> str:
        return (await find_user(session, user_id)).name


def calling(router: APIRouter) -> None:
    @router.get("/leaks/{user_id}")
    async def get_leak(session: SessionDep, actor: Reader, user_id: UUID) -> str:
        async with AsyncClient() as client:
            await client.get("http://192.0.2.1:80/")
        return (await find_user(session, user_id)).name


SAID_OF_LEAKS = r"/walked/leaks/{user(_id)?}, with an id of another tenant: 200 and not 404"


@with_routes(
    (leaking, f"GET {SAID_OF_LEAKS}. Read the row through the session"),
    (leaking_by_another_name, f"GET {SAID_OF_LEAKS}"),
    (leaking_with_a_query, f"GET {SAID_OF_LEAKS}"),
    (leaking_upload, f"PUT {SAID_OF_LEAKS}"),
    (leaking_stream, f"GET {SAID_OF_LEAKS}"),
    (deaf, "422 and not 404. Name what it needs in `parameters`"),
    (calling, "Read the row before 192.0.2.1:80 is called"),
)
async def test_a_route_that_knows_ids_of_other_tenants_is_found(walk_ids: Walk, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        await walk_ids()


def leaking_websocket(router: APIRouter) -> None:
    @router.websocket("/leaks/{user_id}")
    async def open_leak(websocket: WebSocket, actor: Reader, user_id: UUID) -> None:
        await websocket.accept()
        async with websocket.state.database.session() as session:
            await find_user(session, user_id)
        await websocket.send_text("there is one")


@with_routes((leaking_websocket, "WEBSOCKET /walked/leaks/{user_id} tells"))
async def test_a_websocket_that_knows_ids_of_other_tenants_is_found(
    app: FastAPI, walk_ids: Walk, said: str
) -> None:
    app.dependency_overrides[get_principal] = lambda: make_principal(Role.OWNER)

    with pytest.raises(AssertionError, match=said):
        await walk_ids()


def deleting(router: APIRouter) -> None:
    @router.delete("/sessions/{session_id}")
    async def delete_any_session(session: SessionDep, actor: Reader, session_id: UUID) -> None:
        await session.execute(delete(UserSession).where(UserSession.id == session_id))
        await session.commit()
        raise NotFoundError("There is no such session")


@with_routes((deleting, "UserSession"))
async def test_a_route_that_changes_rows_of_other_tenants_is_found(
    walk_ids: Walk, said: str
) -> None:
    with pytest.raises(AssertionError, match=said):
        await walk_ids()


def listing(router: APIRouter) -> None:
    @router.get("/everybody")
    async def list_everybody(session: SessionDep, actor: Reader) -> list[str]:
        return [str(user.id) for user in await session.scalars(select(User))]


def streaming(router: APIRouter) -> None:
    @router.get("/everybody", response_class=EventSourceResponse)
    async def stream_everybody(request: Request, actor: Reader) -> AsyncIterator[str]:
        async with request.state.database.session(writes=False) as session:
            users = (await session.scalars(select(User))).all()
        for user in users:
            yield str(user.id)
        await asyncio.Event().wait()


def listing_in_a_year(router: APIRouter) -> None:
    @router.get("/years/{year}/everybody")
    async def list_everybody(session: SessionDep, actor: Reader, year: int) -> list[str]:
        return [str(user.id) for user in await session.scalars(select(User))]


def broken(router: APIRouter) -> None:
    @router.get("/broken")
    async def get_broken(actor: Reader) -> None:
        raise RuntimeError("on purpose")


@with_routes(
    (listing, "GET /walked/everybody shows what is another tenant's"),
    (streaming, "GET /walked/everybody shows what is another tenant's"),
    (listing_in_a_year, "GET /walked/years/{year}/everybody shows what is another tenant's"),
    (broken, "GET /walked/broken: 500"),
)
async def test_a_list_of_what_other_tenants_have_is_found(
    app: FastAPI, walker: Walker, ids: list[UUID], stranger: dict[str, str], said: str
) -> None:
    with pytest.raises(AssertionError, match=said):
        await test_tenants.test_no_list_shows_a_row_of_another_tenant(app, walker, ids, stranger)


def endless(router: APIRouter) -> None:
    @router.get("/endless")
    async def wait_for_ever(actor: Reader) -> None:
        await asyncio.Event().wait()


@with_routes((endless, "GET /walked/endless: no response within"))
async def test_a_route_that_never_ends_is_named(
    app: FastAPI,
    walker: Walker,
    ids: list[UUID],
    stranger: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(walking, "RESPONSE_SECONDS", 2)

    with pytest.raises(pytest.fail.Exception, match=said):
        await test_tenants.test_no_list_shows_a_row_of_another_tenant(app, walker, ids, stranger)


@with_routes((plain, ""))
@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ({"bodies": {"POST /walked/plain": {}}}, "No operation has these names"),
        ({"skipped": {"GET /walked/gone": "It is gone, we think"}}, "No operation has these names"),
        ({"skipped": {"GET /walked/plain": ""}}, "Write in tests/samples.py why"),
    ],
)
def test_samples_of_nothing_and_skips_without_a_reason_are_found(
    app: FastAPI,
    said: str,
    samples: Mapping[str, Any],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(test_routes, "samples", Samples(**samples))

    with pytest.raises(AssertionError, match=re.escape(message)):
        test_routes.test_named_operations_exist(app)
