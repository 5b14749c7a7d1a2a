from collections.abc import Awaitable, Callable
from typing import TypeVar

from loguru import logger
from pydantic import BaseModel, ValidationError

from app.cache.client import RedisClient

ModelT = TypeVar("ModelT", bound=BaseModel)


class Cache:
    """A read-through cache. Every failure of Redis is a miss; without a URL each read is one."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client

    async def read_through(
        self, key: str, ttl_seconds: int, model: type[ModelT], load: Callable[[], Awaitable[ModelT]]
    ) -> ModelT:
        """Returns what is stored under the key, else what `load` returns, and stores that."""
        stored = await self._client.ask(lambda redis: redis.get(key))
        if stored is not None:
            try:
                return model.model_validate_json(stored)
            except ValidationError:
                logger.bind(key=key).warning("cache entry of another form, loaded anew")
        value = await load()
        await self._client.ask(
            lambda redis: redis.set(key, value.model_dump_json(), ex=ttl_seconds)
        )
        return value
