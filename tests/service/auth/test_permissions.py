from uuid import uuid4

import pytest

from app.auth.permissions import TENANT_READ, merge, require
from app.core.errors import ForbiddenError
from app.core.principal import Role, at_least
from service.support.principals import make_principal


def test_a_role_has_what_the_table_grants() -> None:
    require(make_principal(Role.VIEWER, uuid4()), TENANT_READ)


def test_without_a_role_nothing_is_permitted() -> None:
    with pytest.raises(ForbiddenError, match="tenant:read"):
        require(make_principal(), TENANT_READ)


def test_the_team_does_not_redefine_what_the_platform_grants() -> None:
    with pytest.raises(ValueError, match="redefines tenant:read"):
        merge({TENANT_READ: at_least(Role.OWNER)}, {TENANT_READ: at_least(Role.VIEWER)})
