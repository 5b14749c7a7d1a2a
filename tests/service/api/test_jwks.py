from httpx2 import AsyncClient
from pydantic import SecretStr

from app.core.config import Settings
from app.core.credentials.keys import load_key
from app.main import create_app
from service.support.pems import make_private_key, to_pem, to_public_pem
from tests.platform.support import running

PATH = "/.well-known/jwks.json"


async def test_a_secret_has_nothing_to_show(client: AsyncClient) -> None:
    assert (await client.get(PATH)).status_code == 404


async def test_public_keys_are_shown_also_those_that_only_verify(settings: Settings) -> None:
    signs, previous = to_pem(make_private_key("ES256")), to_public_pem(make_private_key("RS256"))
    keys = {
        "jwt_algorithm": "ES256",
        "jwt_secret": SecretStr(signs),
        "jwt_previous_secrets": (settings.jwt_secret, SecretStr(previous)),
    }

    async with running(create_app(settings.model_copy(update=keys))) as client:
        response = await client.get(PATH)
        described = (await client.get("/openapi.json")).json()["paths"]

    shown = [(jwk["kid"], jwk["alg"]) for jwk in response.json()["keys"]]
    assert shown == [(load_key(signs).kid, "ES256"), (load_key(previous).kid, "RS256")]
    assert response.headers["content-type"] == "application/jwk-set+json"
    assert response.headers["cache-control"] == "public, max-age=300"
    assert PATH not in described
