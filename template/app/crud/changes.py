from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import Base


async def apply_changes(session: AsyncSession, row: Base, changes: Mapping[str, Any]) -> None:
    """Sets the columns that are named, and writes them: what a constraint refuses is raised here."""
    for column, value in changes.items():
        setattr(row, column, value)
    await session.flush()
