from backend import cache


def test_key():
    assert cache.key_of(7) == "notes:7"


async def test_nothing_is_cached_without_redis():
    await cache.set_cached(7, b"x")
    assert await cache.get_cached(7) is None


async def test_redis_away_is_no_error(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    await cache.set_cached(7, b"x")
    await cache.forget(7)
    assert await cache.get_cached(7) is None
