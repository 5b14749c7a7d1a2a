"""Lists of notes for a minute. Without Redis, nothing is cached."""

import os
from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

TTL_SECONDS = 60


def key_of(user_id: object) -> str:
    return f"notes:{user_id}"


async def get_cached(user_id: object) -> bytes | None:
    if url := os.getenv("REDIS_URL"):
        with suppress(RedisError):
            async with Redis.from_url(url) as redis:
                found = await redis.get(key_of(user_id))
                return found if isinstance(found, bytes) else None
    return None


async def set_cached(user_id: object, value: bytes) -> None:
    if url := os.getenv("REDIS_URL"):
        with suppress(RedisError):
            async with Redis.from_url(url) as redis:
                await redis.set(key_of(user_id), value, ex=TTL_SECONDS)


async def forget(user_id: object) -> None:
    if url := os.getenv("REDIS_URL"):
        with suppress(RedisError):
            async with Redis.from_url(url) as redis:
                await redis.delete(key_of(user_id))
