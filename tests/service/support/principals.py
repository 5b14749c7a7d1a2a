"""Callers who are in no database."""

from uuid import UUID, uuid4

from app.core.principal import Principal, Role


def make_principal(role: Role | None = None, tenant_id: UUID | None = None) -> Principal:
    return Principal(
        id=uuid4(),
        email="ann@example.com",
        name="Ann",
        is_platform_admin=False,
        session_id=uuid4(),
        tenant_id=tenant_id,
        role=role,
    )
