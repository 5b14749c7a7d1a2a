import pytest

from app.clients.note_cache import NoteCache


@pytest.mark.parametrize("url", [None, "redis://127.0.0.1:1/0"])
async def test_nothing_is_cached_without_redis(url: str | None) -> None:
    notes = NoteCache(url)
    await notes.set(7, b"x")
    assert await notes.get(7) is None
    await notes.forget(7)
