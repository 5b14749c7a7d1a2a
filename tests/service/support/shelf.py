"""What tests of the cache read through it."""

import asyncio
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, computed_field

from app.cache.read_through import Cache

OURS, THEIRS = UUID(int=1), UUID(int=2)


class Price(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cents: int = Field(alias="amountInCents")

    @computed_field  # type: ignore[prop-decorator] # mypy takes no decorated property
    @property
    def euros(self) -> float:
        return self.cents / 100


class Shelf:
    """A price that is slow to read: a reader who is not `quick` waits until `let_go`."""

    def __init__(self, cents: int = 100) -> None:
        self.cents = cents
        self.reads = 0
        self.is_quick = True
        self.reading = asyncio.Event()
        self.let_go = asyncio.Event()

    async def load(self) -> Price:
        self.reads += 1
        price = Price(amountInCents=self.cents)
        self.reading.set()
        if not self.is_quick:
            await self.let_go.wait()
        return price

    async def read(self, cache: Cache, tenant_id: UUID = OURS, **options: Any) -> int:
        options = {"ttl_seconds": 60, **options}
        return (await cache.read_through(tenant_id, "price", Price, self.load, **options)).cents
