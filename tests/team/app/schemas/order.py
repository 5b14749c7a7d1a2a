from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.schemas.base import Schema


class OrderCreate(Schema):
    number: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    quantity: Annotated[int, Field(ge=1, le=1_000_000_000)]


class OrderRead(Schema):
    id: UUID
    number: str
    quantity: int
