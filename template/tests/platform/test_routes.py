"""Every operation names what it asks of its caller, and asks it."""

from collections.abc import Callable
from typing import Annotated
from uuid import uuid4

import pytest
from fastapi import APIRouter, FastAPI
from httpx2 import AsyncClient, Response

from app.api.deps import SessionDep, requires
from app.auth.permissions import MEMBERS_WRITE, public, table
from app.core.config import Settings
from app.core.principal import Principal, Role
from app.db.session import Database
from app.main import create_app
from tests.platform.operations import PLATFORM_ADMIN, SIGNED_IN, Operation, operations
from tests.platform.support import Account, make_account

Headers = Callable[[Account], dict[str, str]]

# What the platform's own operations ask for; a service's own stand in app/permissions.py.
ROLES = """
GET     /api/v1/tenant                                owner admin member viewer
PATCH   /api/v1/tenant                                owner admin
DELETE  /api/v1/tenant                                owner
GET     /api/v1/tenant/members                        owner admin member viewer
DELETE  /api/v1/tenant/members/me                     owner admin member viewer
GET     /api/v1/tenant/audit                          owner
PATCH   /api/v1/tenant/members/{user_id}              owner admin
DELETE  /api/v1/tenant/members/{user_id}              owner admin
GET     /api/v1/tenant/invitations                    owner admin
POST    /api/v1/tenant/invitations                    owner admin
DELETE  /api/v1/tenant/invitations/{invitation_id}    owner admin
"""


def unguarded(app: FastAPI) -> list[str]:
    """Names the operations that ask nothing of their caller and are not on the public list."""
    return [str(each) for each in operations(app) if not each.policy and str(each) not in public]


def guarded(app: FastAPI) -> list[Operation]:
    return [each for each in operations(app) if each.policy]


async def call(client: AsyncClient, each: Operation, headers: dict[str, str]) -> Response:
    path = each.path.replace("{", "").replace("}", "")
    for name in (part for part in each.path.split("/") if part.startswith("{")):
        path = path.replace(name.strip("{}"), str(uuid4()))
    return await client.request(each.method, path, headers=headers, json=each.body)


def test_every_operation_has_a_policy_or_is_public(app: FastAPI) -> None:
    assert unguarded(app) == []


def test_no_public_operation_asks_for_a_token(app: FastAPI) -> None:
    assert [str(each) for each in guarded(app) if str(each) in public] == []


def test_an_operation_without_a_policy_is_found(settings: Settings) -> None:
    router = APIRouter()

    @router.get("/forgotten/{name}")
    async def get_forgotten(session: SessionDep, name: str) -> str:
        return name

    app = create_app(settings)
    app.include_router(router, prefix="/api/v1")

    assert unguarded(app) == ["GET /api/v1/forgotten/{name}"]


async def test_without_a_token_nothing_is_done(client: AsyncClient, app: FastAPI) -> None:
    for each in guarded(app):
        answer = await call(client, each, {})
        assert answer.status_code == 401, each
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("role", Role)
async def test_a_role_may_do_what_the_table_grants(
    client: AsyncClient, app: FastAPI, database: Database, sign_in: Headers, role: Role
) -> None:
    for number, each in enumerate(guarded(app)):
        account = await make_account(database, email=f"{number}@example.com", role=role)
        answer = await call(client, each, sign_in(account))
        if each.policy in table:
            assert (answer.status_code == 403) == (role not in table[each.policy]), each
        assert answer.status_code != 401, each
        assert (answer.status_code == 403) >= (each.policy == PLATFORM_ADMIN), each


def test_the_platform_grants_what_its_table_says(app: FastAPI) -> None:
    granted = {
        str(each): [role for role in Role if role in table[each.policy]]
        for each in guarded(app)
        if each.policy in table
    }
    expected = {
        f"{method} {path}": roles
        for method, path, *roles in (line.split() for line in ROLES.split("\n") if line)
    }

    assert {name: granted.get(name) for name in expected} == expected


async def test_the_walk_sees_an_operation_that_lets_everybody_in(
    settings: Settings, database: Database
) -> None:
    app = create_app(settings)

    @app.delete("/members/{user_id}")
    async def guarded_one(actor: Annotated[Principal, requires(MEMBERS_WRITE)]) -> None: ...

    @app.get("/mine")
    async def get_mine(session: SessionDep) -> None: ...

    found = {str(each): each.policy for each in operations(app)}
    assert found["DELETE /members/{user_id}"] == MEMBERS_WRITE
    assert found["GET /mine"] is None
    assert found["GET /api/v1/auth/me"] == SIGNED_IN
    assert found["GET /api/v1/users"] == PLATFORM_ADMIN
