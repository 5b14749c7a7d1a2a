"""Columns of this service's own in the platform's tables. It imports no model."""

from sqlalchemy.orm import Mapped, mapped_column


class UserMixin:
    """Columns of `users`, for example: `nickname: Mapped[str | None] = mapped_column(String(50))`."""

    # The number that the old backend gave; users of the platform's own have none.
    legacy_id: Mapped[int | None] = mapped_column(index=True, unique=True)


class TenantMixin:
    """Columns of `tenants`."""

    # Of labels and notes, whose numbers old clients know.
    last_number: Mapped[int] = mapped_column(default=0, server_default="0")
