"""What the endpoints take and return: the fields that the service has."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Live(BaseModel):
    status: str


class Me(Read):
    id: UUID
    email: str
    name: str
    is_admin: bool


class Tokens(BaseModel):
    access_token: str
    refresh_token: str
    token_type: str = "Bearer"
    expires_in: int


class ItemCreate(BaseModel):
    name: str = Field(min_length=1, max_length=100)
    description: str = Field(default="", max_length=1000)


class ItemUpdate(BaseModel):
    description: str = Field(max_length=1000)


class ItemRead(Read):
    id: UUID
    etag: str
    name: str
    description: str
    created_at: datetime
    created_by: UUID
    updated_at: datetime | None


class Page(BaseModel):
    items: list[ItemRead]
    next: str | None
