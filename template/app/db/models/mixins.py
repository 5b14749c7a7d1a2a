"""Columns of this service's own in the platform's tables. It imports no model."""


class UserMixin:
    """Columns of `users`, for example: `nickname: Mapped[str | None] = mapped_column(String(50))`."""


class TenantMixin:
    """Columns of `tenants`."""
