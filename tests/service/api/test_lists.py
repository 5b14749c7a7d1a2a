"""Lists return columns in place of objects: what they say is the same."""

from typing import Any, get_args

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from httpx2 import AsyncClient
from pydantic import (
    AliasChoices,
    AliasPath,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from sqlalchemy import literal, select, update

from app.api.rows import as_dicts
from app.api.v1 import routers as team
from app.db.models.audit_event import AuditEvent
from app.db.models.invitation import Invitation
from app.db.models.user import User
from app.db.models.user_session import UserSession
from app.db.session import Database
from app.schemas.base import Schema
from app.schemas.page import Page
from service.support.invited import BOB, invite
from tests.platform.support import Account, SignIn, rows_of

# By the path: the objects that the list is of, or the names in an item that has no one object.
LISTS: dict[str, type[Any] | set[str]] = {
    "/api/v1/auth/sessions": UserSession,
    "/api/v1/tenant/audit": AuditEvent,
    "/api/v1/tenant/invitations": Invitation,
    "/api/v1/tenant/members": {"user_id", "email", "name", "role", "joined_at"},
    "/api/v1/tenants": {"id", "name", "role", "joined_at"},
    "/api/v1/users": User,
}


class NoteRead(Schema):
    text: str
    author: str = Field(alias="by")


class InCamelCase(Schema):
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)
    written_by: str


class WithChoices(Schema):
    written_by: str = Field(validation_alias=AliasChoices("author", "written_by"))


class WithPath(Schema):
    written_by: str = Field(validation_alias=AliasPath("written_by"))


class WithValidator(Schema):
    written_by: str

    @model_validator(mode="before")
    @classmethod
    def read(cls, row: Any) -> dict[str, str]:
        assert row.position == 7
        return {"written_by": row.written_by}


class Plain(Schema):
    written_by: str


def lists_of(app: FastAPI) -> dict[str, type[Any]]:
    """Returns the schema of the items of each list of the platform, by its path."""
    teams = {getattr(route, "endpoint", None) for router in team for route in router.routes}
    models = {
        route.path or "": getattr(route, "response_model", None)
        for route in iter_route_contexts(app.routes)
        if route.endpoint not in teams and "GET" in (route.methods or ())
    }
    return {
        path: get_args(model.model_fields["items"].annotation)[0]
        for path, model in models.items()
        if isinstance(model, type) and issubclass(model, Page)
    }


async def test_lists_say_what_the_objects_say(
    app: FastAPI, client: AsyncClient, database: Database, owner: Account, sign_in: SignIn
) -> None:
    async with database.session() as session:
        await session.execute(update(User).values(is_platform_admin=True))
    await invite(client, sign_in(owner), BOB)
    schemas = lists_of(app)
    assert schemas.keys() == LISTS.keys()

    for path, source in LISTS.items():
        items = rows_of(await client.get(path, headers=sign_in(owner)))
        assert items
        if isinstance(source, set):
            assert all(item.keys() == source for item in items)
            continue
        async with database.session(tenant_id=owner.tenant_id) as session:
            objects = (await session.scalars(select(source))).all()
        expected = [schemas[path].model_validate(row).model_dump(mode="json") for row in objects]
        assert sorted(items, key=str) == sorted(expected, key=str)


async def read(database: Database, **columns: object) -> Page[NoteRead]:
    """Reads a row of these columns as a page's only item."""
    labels = [literal(value).label(name) for name, value in columns.items()]
    async with database.session() as session:
        rows = (await session.execute(select(*labels))).all()
    return Page[NoteRead].model_validate({"items": as_dicts(rows, Page[NoteRead]), "next": None})


async def test_columns_beside_the_schema_are_left_out(database: Database) -> None:
    page = await read(database, text="a", by="Ann", position=7)

    assert page.model_dump(by_alias=True)["items"] == [{"text": "a", "by": "Ann"}]


@pytest.mark.parametrize("columns", [{"text": "a"}, {"text": 1, "by": "Ann"}])
async def test_columns_of_another_model_are_refused(
    database: Database, columns: dict[str, object]
) -> None:
    with pytest.raises(ValidationError):
        await read(database, **columns)


@pytest.mark.parametrize(
    "page",
    [
        Page[InCamelCase],
        Page[WithChoices],
        Page[WithPath],
        Page[WithValidator],
        Page[Plain],
        Page[Plain | NoteRead],
        Page[Plain] | None,
    ],
)
async def test_a_schema_reads_columns_in_whatever_form(database: Database, page: Any) -> None:
    async with database.session() as session:
        columns = select(literal("Ann").label("written_by"), literal(7).label("position"))
        rows = (await session.execute(columns)).all()

    read = TypeAdapter(page).validate_python({"items": as_dicts(rows, page), "next": None})
    assert [item.written_by for item in read.items] == ["Ann"]


async def test_rows_without_a_schema_stay_as_they_are(database: Database) -> None:
    async with database.session() as session:
        rows = (await session.execute(select(literal("Ann").label("written_by")))).all()

    assert as_dicts(rows, None) is rows


def test_objects_stay_as_they_are() -> None:
    assert as_dicts([], Page[NoteRead]) == []
    assert as_dicts(["object"], Page[NoteRead]) == ["object"]
