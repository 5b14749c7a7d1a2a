from uuid import uuid4

import pytest

from app.core.errors import ForbiddenError
from app.core.principal import Principal, Role, at_least


def test_a_role_includes_those_above_it() -> None:
    assert at_least(Role.OWNER) == {Role.OWNER}
    assert at_least(Role.MEMBER) == {Role.OWNER, Role.ADMIN, Role.MEMBER}
    assert at_least(Role.VIEWER) == set(Role)


def test_a_tenant_may_be_required() -> None:
    tenant_id = uuid4()
    assert Principal(uuid4(), "a@example.com", tenant_id, Role.OWNER).require_tenant() == tenant_id

    with pytest.raises(ForbiddenError):
        Principal(uuid4(), "a@example.com", None, None).require_tenant()
