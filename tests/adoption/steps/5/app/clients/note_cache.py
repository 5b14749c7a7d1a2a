"""Lists of notes for a minute. Without Redis, nothing is cached."""

from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

TTL_SECONDS = 60


def key_of(user_id: object) -> str:
    return f"notes:{user_id}"


class NoteCache:
    def __init__(self, url: str | None) -> None:
        self._url = url

    async def get(self, user_id: object) -> bytes | None:
        if self._url:
            with suppress(RedisError):
                async with Redis.from_url(self._url) as redis:
                    found = await redis.get(key_of(user_id))
                    return found if isinstance(found, bytes) else None
        return None

    async def set(self, user_id: object, value: bytes) -> None:
        if self._url:
            with suppress(RedisError):
                async with Redis.from_url(self._url) as redis:
                    await redis.set(key_of(user_id), value, ex=TTL_SECONDS)

    async def forget(self, user_id: object) -> None:
        if self._url:
            with suppress(RedisError):
                async with Redis.from_url(self._url) as redis:
                    await redis.delete(key_of(user_id))
