import gc

from fastapi import FastAPI

from app.lifespan import freeze_started_objects
from tests.platform.support import running


async def test_objects_made_at_start_are_frozen_once(app: FastAPI) -> None:
    freeze_started_objects.cache_clear()
    gc.unfreeze()

    async with running(app):
        frozen = gc.get_freeze_count()
    async with running(app):
        frozen_later = gc.get_freeze_count()

    # Everything that was imported.
    assert frozen > 10_000
    assert frozen_later <= frozen
