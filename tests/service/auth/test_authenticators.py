"""Credentials besides access tokens: one door, and everything behind it knows their callers."""

import json
from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import Annotated, Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit_log
from app.api.deps import requires
from app.api.idempotency import IdempotencyDep
from app.auth.authenticators import Authenticator
from app.core.audit import SecurityEvent
from app.core.config import Settings
from app.core.principal import TENANT_UPDATE, USER, Principal, Role
from app.db.session import Database
from app.extension_points import Extensions
from app.main import create_app
from app.schemas.base import Schema
from tests.platform.support import Account, make_account, running

LIMIT = 5
FORWARDED = "203.0.113.{}"


class Mark(Schema):
    count: int


class Robots:
    """Callers who are in no database, by their keys."""

    def __init__(self) -> None:
        self.known: dict[str, Principal] = {}

    def add(self, key: str, tenant_id: UUID | None, role: Role | None = Role.OWNER) -> UUID:
        robot = Principal(id=uuid4(), tenant_id=tenant_id, role=role, kind="robot")
        self.known[key] = robot
        return robot.id

    async def verify(self, _: AsyncSession, token: str) -> Principal | None:
        return self.known.get(token)


def make_app(settings: Settings, robots: Robots) -> FastAPI:
    schemes = [
        Authenticator(kind="robot", scheme="apikey", verify=robots.verify),
        Authenticator(kind="robot", scheme="bearer", prefix="key_", verify=robots.verify),
    ]
    app = create_app(settings, Extensions(authenticators=schemes))
    marks: list[UUID] = []

    @app.post("/marks", response_model=Mark)
    async def mark(
        actor: Annotated[Principal, requires(TENANT_UPDATE)], idempotency: IdempotencyDep
    ) -> Any:
        async def make() -> Mark:
            marks.append(actor.id)
            return Mark(count=len(marks))

        return await idempotency.run(make)

    return app


@pytest.fixture
def robots() -> Robots:
    return Robots()


@pytest.fixture
async def client(
    settings: Settings, database: Database, robots: Robots
) -> AsyncIterator[AsyncClient]:
    async with running(make_app(settings, robots)) as client:
        yield client


def with_key(key: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"ApiKey {key}", **headers}


@pytest.mark.parametrize("scheme", ["ApiKey", "apikey", "Bearer"])
async def test_a_key_is_accepted_by_its_scheme_or_prefix(
    client: AsyncClient, owner: Account, robots: Robots, scheme: str
) -> None:
    robots.add("key_1", owner.tenant_id)

    response = await client.get("/api/v1/tenant", headers={"Authorization": f"{scheme} key_1"})

    assert response.status_code == 200
    assert response.json()["id"] == str(owner.tenant_id)


@pytest.mark.parametrize("header", ["ApiKey key_2", "Bearer key_2", "Bearer other", "Digest key_1"])
async def test_other_credentials_are_refused(
    client: AsyncClient, owner: Account, robots: Robots, header: str
) -> None:
    robots.add("key_1", owner.tenant_id)

    response = await client.get("/api/v1/tenant", headers={"Authorization": header})

    assert response.status_code == 401


async def test_its_role_decides(client: AsyncClient, owner: Account, robots: Robots) -> None:
    robots.add("key_1", owner.tenant_id, Role.VIEWER)

    assert (await client.get("/api/v1/tenant", headers=with_key("key_1"))).status_code == 200
    assert (await client.post("/marks", headers=with_key("key_1"))).status_code == 403


async def test_an_authenticated_caller_sees_only_rows_of_its_tenant(
    client: AsyncClient, database: Database, owner: Account, robots: Robots
) -> None:
    other = await make_account(database, email="other@example.com")
    for account in (owner, other):
        async with database.session(tenant_id=account.tenant_id) as session:
            await audit_log.record(session, SecurityEvent.SIGN_IN, actor_id=account.user_id)
    robots.add("key_1", owner.tenant_id)

    response = await client.get("/api/v1/tenant/audit", headers=with_key("key_1"))

    assert [event["actor_id"] for event in response.json()["items"]] == [str(owner.user_id)]


@pytest.mark.parametrize("path", ["/api/v1/auth/me", "/api/v1/auth/sessions", "/api/v1/tenants"])
async def test_routes_for_users_refuse_other_callers(
    client: AsyncClient, owner: Account, robots: Robots, path: str
) -> None:
    robots.add("key_1", owner.tenant_id)

    response = await client.get(path, headers=with_key("key_1"))

    assert response.status_code == 403


async def test_another_caller_cannot_act_as_a_user_who_manages_members(
    client: AsyncClient, owner: Account, robots: Robots
) -> None:
    robots.add("key_1", owner.tenant_id)
    data = {"email": "new@example.com", "role": "viewer"}

    response = await client.post("/api/v1/tenant/invitations", headers=with_key("key_1"), json=data)

    assert response.status_code == 403


async def test_idempotency_keys_belong_to_their_caller(
    client: AsyncClient, owner: Account, robots: Robots
) -> None:
    robots.add("key_1", owner.tenant_id)
    robots.add("key_2", owner.tenant_id)
    headers = [with_key(key, **{"Idempotency-Key": "a"}) for key in ("key_1", "key_1", "key_2")]

    counts = [(await client.post("/marks", headers=each)).json()["count"] for each in headers]

    assert counts == [1, 1, 2]


async def test_cursors_belong_to_its_tenant(
    client: AsyncClient, database: Database, owner: Account, robots: Robots
) -> None:
    other = await make_account(database, email="other@example.com")
    for number in range(3):
        async with database.session(tenant_id=owner.tenant_id) as session:
            await audit_log.record(session, SecurityEvent.SIGN_IN, actor_id=UUID(int=number))
    robots.add("key_1", owner.tenant_id)
    robots.add("key_2", other.tenant_id)
    path = "/api/v1/tenant/audit"

    first = await client.get(path, params={"limit": 1}, headers=with_key("key_1"))
    after = {"limit": 1, "after": first.json()["next"]}

    assert (await client.get(path, params=after, headers=with_key("key_1"))).status_code == 200
    assert (await client.get(path, params=after, headers=with_key("key_2"))).status_code == 400


@pytest.fixture
async def limited(
    settings: Settings, database: Database, robots: Robots
) -> AsyncIterator[AsyncClient]:
    """A client behind a proxy, of a service that allows LIMIT requests."""
    changed = {
        "rate_limit_enabled": True,
        "rate_limit_requests": LIMIT,
        "trusted_proxies": (ip_network("127.0.0.1"),),
    }
    async with running(make_app(settings.model_copy(update=changed), robots)) as client:
        yield client


async def test_made_up_keys_count_by_address(limited: AsyncClient) -> None:
    statuses = [
        (await limited.get("/api/v1/tenant", headers=with_key(f"key_{number}"))).status_code
        for number in range(LIMIT + 2)
    ]

    assert statuses == [401] * LIMIT + [429] * 2


async def test_a_verified_key_counts_wherever_it_comes_from(
    limited: AsyncClient, owner: Account, robots: Robots, capsys: pytest.CaptureFixture[str]
) -> None:
    robot_id = robots.add("key_1", owner.tenant_id)
    robots.add("key_2", owner.tenant_id)

    async def status_of(key: str, number: int) -> int:
        address = {"X-Forwarded-For": FORWARDED.format(number)}
        response = await limited.get("/api/v1/tenant", headers=with_key(key, **address))
        return response.status_code

    assert [await status_of("key_1", number) for number in range(LIMIT + 1)] == [200] * LIMIT + [
        429
    ]
    assert await status_of("key_2", 100) == 200
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    [line] = [line for line in lines if line.get("event") == "rate_limit"]
    assert (line["user"], line["tenant"]) == (str(robot_id), str(owner.tenant_id))


async def test_the_header_shows_the_count_that_is_nearer_to_refusing(
    limited: AsyncClient, owner: Account, robots: Robots
) -> None:
    for name in ("key_1", "key_2"):
        robots.add(name, owner.tenant_id)

    async def read_rest(key: str, number: int) -> str:
        address = {"X-Forwarded-For": FORWARDED.format(number)}
        response = await limited.get("/api/v1/tenant", headers=with_key(key, **address))
        [policy] = response.headers.get_list("ratelimit-policy")
        [budget] = response.headers.get_list("ratelimit")
        assert policy == f'"default";q={LIMIT};w=60'
        return str(budget).split(";")[1]

    # The key from address to address, then another one from the last address, then refusals.
    assert [await read_rest("key_1", number) for number in range(3)] == ["r=4", "r=3", "r=2"]
    assert [await read_rest("key_2", 2) for _ in range(2)] == ["r=3", "r=2"]
    assert [await read_rest("key_1", number) for number in range(3, 6)] == ["r=1", "r=0", "r=0"]
    assert await read_rest("key_2", 6) == "r=2"


async def test_an_authenticator_returns_its_own_kind(
    settings: Settings, database: Database, owner: Account
) -> None:
    robots = Robots()
    robots.known["key_1"] = Principal(
        id=owner.user_id, tenant_id=owner.tenant_id, role=Role.OWNER, kind=USER
    )
    async with running(make_app(settings, robots)) as client:
        response = await client.get("/api/v1/tenant", headers=with_key("key_1"))

    assert response.status_code == 500


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "user"},
        {"kind": ""},
        {"scheme": "ApiKey"},
        {"scheme": "bearer", "prefix": ""},
    ],
)
def test_an_authenticator_takes_nothing_of_the_platforms(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"kind|lower case|prefix"):
        Authenticator(
            **dict[str, Any](kind="robot", scheme="apikey", verify=Robots().verify) | wrong
        )
