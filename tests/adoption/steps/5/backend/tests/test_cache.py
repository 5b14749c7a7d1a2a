from backend import cache


def test_key():
    assert cache.key_of(7) == "notes:7"


async def test_nothing_is_cached_without_redis():
    notes = cache.NoteCache(None)
    await notes.set(7, b"x")
    assert await notes.get(7) is None


async def test_redis_away_is_no_error():
    notes = cache.NoteCache("redis://127.0.0.1:1/0")
    await notes.set(7, b"x")
    await notes.forget(7)
    assert await notes.get(7) is None
