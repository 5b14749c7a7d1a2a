from app.core.config import Settings
from app.main import create_app
from tests.platform.support import running


async def test_orders_have_a_limit_of_their_own(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"rate_limit_enabled": True}))
    async with running(app) as client:
        answers = [await client.get(path) for path in ("/api/v1/orders", "/api/v1/orders/7", "/")]

    policies = [answer.headers["RateLimit-Policy"] for answer in answers]
    assert policies == ['"orders";q=50;w=60'] * 2 + ['"default";q=100;w=60']
