import pytest

from app.core.config import Settings
from app.main import create_app
from tests.platform.support import running


@pytest.mark.parametrize(("url", "result"), [(None, None), ("redis://127.0.0.1:1/0", "failed")])
async def test_readiness_tells_of_redis_where_there_is_one(
    settings: Settings, url: str | None, result: str | None
) -> None:
    app = create_app(settings.model_copy(update={"redis_url": url}))
    async with running(app) as client:
        response = await client.get("/health/ready")

    assert response.json()["checks"].get("redis") == result
