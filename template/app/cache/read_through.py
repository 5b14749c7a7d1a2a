"""The cache: values that are slow to read, each of one tenant."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar, cast
from uuid import UUID

from loguru import logger
from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.cache import metrics
from app.cache.client import RedisClient
from app.cache.single_flight import SingleFlight
from app.core.settings import project
from app.db.after_commit import after_commit

if TYPE_CHECKING:
    from redis.asyncio import Redis

ModelT = TypeVar("ModelT", bound=BaseModel)

PREFIX = f"{project.SLUG}:cache"
MAX_TTL_SECONDS = 24 * 60 * 60
# Outlives whatever was stored before it: an epoch that is gone is the same as none yet.
EPOCH_TTL_SECONDS = 2 * MAX_TTL_SECONDS


class Key(NamedTuple):
    """Where a value is stored, and where the epoch whose entries count."""

    entry: str
    epoch: str


@dataclass(frozen=True)
class Found(Generic[ModelT]):
    """The reply of Redis: the epoch is empty before the first one, and None without a reply."""

    outcome: str
    epoch: bytes | None = None
    value: ModelT | None = None


class Cache:
    """A read-through cache. Every failure of Redis is a miss; without a URL each read is one.

    An entry carries the epoch that was read before its value was loaded, and is valid in this epoch
    only. Each invalidation begins another one. So a reader that loaded a value before a commit, and
    stores it after the invalidation, does no harm.
    """

    def __init__(self, client: RedisClient) -> None:
        self._client = client
        self._single_flight = SingleFlight()

    async def read_through(
        self,
        tenant_id: UUID,
        name: str,
        model: type[ModelT],
        load: Callable[[], Awaitable[ModelT]],
        *,
        ttl_seconds: int,
    ) -> ModelT:
        """Returns the tenant's stored value of this name, or stores and returns what `load` returns.

        It is stored for `ttl_seconds`, a day at most. Of concurrent readers in this process one loads
        for all that found the same epoch, so do not change the value. While Redis is unavailable, a
        reader may receive what another one began to load before a commit elsewhere.

        A transaction that has written what it reads here would store what is not committed yet.
        """
        key = _make_key(tenant_id, name)
        completed = self._single_flight.completed
        found = await self._find(key, model)
        if found.value is None and completed != self._single_flight.completed:
            # Perhaps another reader stored it just after this one had looked.
            found = await self._find(key, model)
        metrics.reads.labels(found.outcome).inc()
        if found.value is not None:
            return found.value
        epoch = found.epoch

        async def load_and_store() -> ModelT:
            loaded = await load()
            if epoch is not None:
                text = loaded.model_dump_json(by_alias=True, round_trip=True)
                entry = epoch + b":" + text.encode()
                seconds = min(ttl_seconds, MAX_TTL_SECONDS)
                await self._client.execute(lambda redis: redis.set(key.entry, entry, ex=seconds))
            return loaded

        return await self._single_flight.run((key, epoch), load_and_store)

    def invalidate_after_commit(self, session: AsyncSession, tenant_id: UUID, name: str) -> None:
        """Invalidates the value once the session is committed, before the response is sent.

        A failure fails no request: the stored value is then read until its time to live ends.
        """
        after_commit(session, partial(self._invalidate, _make_key(tenant_id, name)))

    async def _invalidate(self, key: Key) -> None:
        # A reader that finds a new epoch joins no fetch of an old one. Without Redis it might.
        self._single_flight.forget((key, None))
        await self._client.execute(partial(_begin_epoch, key))

    async def _find(self, key: Key, model: type[ModelT]) -> Found[ModelT]:
        reply = await self._client.execute(lambda redis: redis.mget(key))
        if reply is None:
            return Found("error" if self._client.has_server else "miss")
        entry, epoch = (stored or b"" for stored in cast("list[bytes | None]", reply))
        stored_in, separator, text = entry.partition(b":")
        if not separator or stored_in != epoch:
            return Found("miss", epoch)
        try:
            return Found("hit", epoch, model.model_validate_json(text))
        except ValidationError:
            logger.bind(key=key.entry).warning("cache entry of another form, loaded anew")
            return Found("error", epoch)


def _make_key(tenant_id: UUID, name: str) -> Key:
    # The braces put both into one slot of a cluster: they are read and written together.
    stem = PREFIX + ":{" + f"{tenant_id}:{name}" + "}"
    return Key(f"{stem}:entry", f"{stem}:epoch")


async def _begin_epoch(key: Key, redis: "Redis") -> None:
    async with redis.pipeline() as pipeline:
        pipeline.delete(key.entry)
        pipeline.set(key.epoch, token_hex(8), ex=EPOCH_TTL_SECONDS)
        await pipeline.execute()
