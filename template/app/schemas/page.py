from typing import Generic, TypeVar

from app.schemas.base import Schema

ReadT = TypeVar("ReadT")


class Page(Schema, Generic[ReadT]):
    """A page of a list; `next` is the cursor of the page after it, or null at the end."""

    items: list[ReadT]
    next: str | None
