from uuid import uuid4

import pytest

from app.core.errors import ForbiddenError
from app.core.principal import Principal, Role, at_least
from service.support.principals import make_principal


def test_a_role_includes_those_above_it() -> None:
    assert at_least(Role.OWNER) == {Role.OWNER}
    assert at_least(Role.MEMBER) == {Role.OWNER, Role.ADMIN, Role.MEMBER}
    assert at_least(Role.VIEWER) == set(Role)


def test_a_tenant_may_be_required() -> None:
    tenant_id = uuid4()
    assert make_principal(Role.OWNER, tenant_id).require_tenant() == tenant_id

    with pytest.raises(ForbiddenError):
        make_principal().require_tenant()


def test_a_role_reaches_those_below_and_its_own() -> None:
    admin = make_principal(Role.ADMIN)
    for role in (Role.ADMIN, Role.MEMBER, Role.VIEWER):
        admin.require_reach(role)

    with pytest.raises(ForbiddenError, match="above your own"):
        admin.require_reach(Role.OWNER)
    with pytest.raises(ForbiddenError):
        make_principal().require_reach(Role.VIEWER)


def test_only_a_user_has_a_users_id_and_session() -> None:
    user = make_principal()
    robot = Principal(id=uuid4(), tenant_id=None, role=None, kind="robot")

    assert (user.user_id, user.require_session()) == (user.id, user.session_id)
    with pytest.raises(ForbiddenError):
        _ = robot.user_id
    with pytest.raises(ForbiddenError):
        robot.require_session()
