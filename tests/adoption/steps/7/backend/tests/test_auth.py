from datetime import UTC, datetime, timedelta

import jwt
import pytest

from backend import auth

KEY = "only for tests, and long enough for HS256"
SOON = datetime.now(UTC) + timedelta(hours=1)


def old_token(key=KEY, expires=SOON):
    return jwt.encode({"sub": "1", "exp": expires}, key, algorithm="HS256")


def test_an_old_token_is_good_until_its_time():
    assert auth.OldTokens(KEY, SOON).read(old_token()) == 1
    assert auth.OldTokens(KEY, SOON - timedelta(hours=2)).read(old_token()) is None
    assert auth.OldTokens(KEY, None).read(old_token()) is None


def test_expired_token():
    expired = old_token(expires=SOON - timedelta(hours=2))
    assert auth.OldTokens(KEY, SOON).read(expired) is None


def test_token_of_another_key():
    other = old_token("another key, which is long enough as well")
    assert auth.OldTokens(KEY, SOON).read(other) is None


@pytest.mark.parametrize("key", [KEY, "another key, which is long enough as well"])
def test_the_old_paths_take_old_tokens(client, users_of_old, key):
    headers = {"Authorization": f"Bearer {old_token(key)}"}
    assert client.get("/me", headers=headers).status_code == (200 if key == KEY else 401)
