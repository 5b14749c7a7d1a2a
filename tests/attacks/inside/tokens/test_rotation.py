"""Keys come and go while people work on."""

import json
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from httpx2 import AsyncClient
from pydantic import SecretStr

from app.core.config import Settings
from app.core.credentials.keys import load_key
from app.main import create_app
from tests.platform.support import PASSWORD, Account, running
from tokens.attacking import ALGORITHMS, send_token, to_signing_text, to_verifying_text
from tokens.forging import PrivateKey, decode


@cache
def make_pair(algorithm: str, name: str) -> tuple[SecretStr, SecretStr]:
    """Make a key of its own for each name: what signs, and what verifies."""
    key: PrivateKey | bytes
    if algorithm == "RS256":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    elif algorithm == "ES256":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = f"the {name} secret has no public half".encode()
    return to_signing_text(key), to_verifying_text(key)


async def ask_token(client: AsyncClient) -> str:
    form = {"grant_type": "password", "username": "ann@example.com", "password": PASSWORD}
    response = await client.post("/api/v1/auth/token", data=form)
    assert response.status_code == 200
    return str(response.json()["access_token"])


async def status_of(client: AsyncClient, token: str) -> int:
    return (await send_token(client, token)).status_code


def kid_of(token: str) -> str:
    return str(json.loads(decode(token.partition(".")[0]))["kid"])


@pytest.mark.parametrize("new", ALGORITHMS)
async def test_a_key_takes_the_place_of_another_without_a_logout(
    settings: Settings, owner: Account, algorithm: str, new: str
) -> None:
    """As docs/secrets.md has it: known to all, then signing, then alone."""
    old_signs, old_verifies = make_pair(algorithm, "old")
    new_signs, new_verifies = make_pair(new, "new")

    def with_keys(algorithm: str, signs: SecretStr, *others: SecretStr) -> Settings:
        keys = {"jwt_algorithm": algorithm, "jwt_secret": signs, "jwt_previous_secrets": others}
        return settings.model_copy(update=keys)

    old_alone = create_app(with_keys(algorithm, old_signs))
    new_is_known = create_app(with_keys(algorithm, old_signs, new_verifies))
    new_signs_now = create_app(with_keys(new, new_signs, old_verifies))
    new_alone = create_app(with_keys(new, new_signs))

    async with running(old_alone) as client:
        first = await ask_token(client)
        assert await status_of(client, first) == 200
    async with running(new_is_known) as client, running(new_signs_now) as newer:
        # Both are there while a deployment rolls, and a client meets now one, now the other.
        second, third = await ask_token(client), await ask_token(newer)
        for token in (first, second, third):
            assert await status_of(client, token) == await status_of(newer, token) == 200
    async with running(new_alone) as client:
        assert await status_of(client, first) == await status_of(client, second) == 401
        assert await status_of(client, third) == 200

    old_kid, new_kid = (
        load_key(key.get_secret_value()).kid for key in (old_verifies, new_verifies)
    )
    assert [kid_of(token) for token in (first, second, third)] == [old_kid, old_kid, new_kid]
