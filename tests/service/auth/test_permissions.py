from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.auth.permissions import merge, require, table
from app.core.errors import ForbiddenError
from app.core.principal import TENANT_READ, Role, at_least
from service.support.principals import make_principal
from tests.platform.operations import PLATFORM_ADMIN, SIGNED_IN, operations

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


def test_the_platform_grants_what_its_table_says(app: FastAPI) -> None:
    policies = {str(each): each.policy for each in operations(app)}
    expected = {
        f"{method} {path}": roles
        for method, path, *roles in (line.split() for line in ROLES.split("\n") if line)
    }

    granted = {name: table[policies[name] or ""] for name in expected}
    assert {name: [role for role in Role if role in granted[name]] for name in expected} == expected
    assert policies["GET /api/v1/auth/me"] == SIGNED_IN
    assert policies["GET /api/v1/users"] == PLATFORM_ADMIN


def test_a_role_has_what_the_table_grants() -> None:
    require(make_principal(Role.VIEWER, uuid4()), TENANT_READ)


def test_without_a_role_nothing_is_permitted() -> None:
    with pytest.raises(ForbiddenError, match="tenant:read"):
        require(make_principal(), TENANT_READ)


def test_the_team_does_not_redefine_what_the_platform_grants() -> None:
    with pytest.raises(ValueError, match="redefines tenant:read"):
        merge({TENANT_READ: at_least(Role.OWNER)}, {TENANT_READ: at_least(Role.VIEWER)})
