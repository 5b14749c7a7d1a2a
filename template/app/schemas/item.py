from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, StringConstraints

from app.schemas.base import Schema

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Description = Annotated[str, StringConstraints(max_length=1000)]
ItemSort = Literal["created_at", "-created_at", "name", "-name"]


class ItemCreate(Schema):
    name: Name
    description: Description = ""


class ItemUpdate(Schema):
    """What is left out stays as it is; null is not a value."""

    name: Name | MISSING = MISSING
    description: Description | MISSING = MISSING


class ItemRead(Schema):
    id: UUID
    etag: str
    name: str
    description: str
    created_at: datetime
    created_by: UUID
    updated_at: datetime | None
