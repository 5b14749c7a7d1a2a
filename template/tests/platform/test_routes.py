"""Every operation names what it demands of its caller, and demands it."""

import pytest
from fastapi import FastAPI

from app.__main__ import commands
from app.auth.permissions import public, table
from app.core.principal import Role
from app.db.session import Database
from app.extensions import extensions
from tests.platform.operations import (
    PLATFORM_ADMIN,
    Operation,
    callable_operations,
    opened_by,
    operations,
)
from tests.platform.support import SignIn, make_account
from tests.platform.walker import Walker
from tests.samples import samples


def guarded(app: FastAPI) -> list[Operation]:
    return [each for each in callable_operations(app) if each.policy]


def test_every_operation_has_a_policy_or_is_public(app: FastAPI) -> None:
    found = [str(each) for each in operations(app) if not each.policy and str(each) not in public]

    assert found == [], (
        "Anybody may call these. Give each `actor: Annotated[Principal, requires(A_PERMISSION)]`,"
        " or name it in `public` in app/permissions.py"
    )


def test_public_operations_need_no_token(app: FastAPI) -> None:
    found = [str(each) for each in operations(app) if each.policy and str(each) in public]

    assert found == [], "These require a token: take them off `public` in app/permissions.py"


def test_named_operations_exist(app: FastAPI) -> None:
    known = {str(each) for each in operations(app)}
    named = {*samples.parameters, *samples.bodies, *samples.files, *samples.skipped}

    assert named - known == set(), "No operation has these names: correct tests/samples.py"
    unexplained = [name for name, reason in samples.skipped.items() if len(reason) < 10]
    assert unexplained == [], "Write in tests/samples.py why these are skipped"


async def test_without_a_token_nothing_is_done(app: FastAPI, walker: Walker) -> None:
    for each in guarded(app):
        reply = await walker.send(each, {})
        assert reply.status == 401, (
            f"{each}: {reply.status} without a token. Nothing may be done before the actor is"
            f" known. It sent {reply.text}"
        )


@pytest.mark.parametrize("role", Role)
async def test_a_role_may_do_what_the_table_grants(
    app: FastAPI, walker: Walker, database: Database, sign_in: SignIn, role: Role
) -> None:
    for number, each in enumerate(guarded(app)):
        account = await make_account(database, email=f"{number}@example.com", role=role)
        reply = await walker.send(each, sign_in(account))
        said = f"{each}: {reply.status} for the role {role}, by app/permissions.py: {reply.text}"
        granted = table.get(each.policy or "", frozenset(Role))
        if each.policy == PLATFORM_ADMIN or role not in granted:
            assert reply.status == 403, said
        else:
            is_refused = reply.status == 403 and f"permission {each.policy}" in reply.text
            assert not is_refused, said
            assert reply.status != 401, said


def test_every_resource_that_a_route_names_is_opened(app: FastAPI) -> None:
    missing = {kind.__name__ for kind in opened_by(app) - extensions.resources.keys()}

    assert missing == set(), "Open these in `resources` of app/extensions.py"


def test_no_two_commands_have_the_same_name() -> None:
    names = [each.callback.__name__ for each in commands.registered_commands if each.callback]

    assert sorted({*names}) == sorted(names), "Only the last one of a name can be run"
