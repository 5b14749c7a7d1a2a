import pytest

from app.core.config import reload_settings
from backend import auth


@pytest.fixture
def tokens(monkeypatch):
    def make(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings = reload_settings()
        return auth.OldTokens(settings.secret_key.get_secret_value(), settings.token_minutes)

    yield make
    monkeypatch.undo()
    reload_settings()


def test_password_is_hashed_with_bcrypt():
    hashed = auth.hash_password("x", 4)
    assert hashed.startswith("$2b$04$")
    assert auth.verify_password("x", hashed)
    assert not auth.verify_password("y", hashed)


def test_token(tokens):
    assert tokens().read(tokens().make(7)) == 7


def test_expired_token(tokens):
    old = auth.OldTokens(tokens().key, -1).make(7)
    assert tokens().read(old) is None


def test_token_of_another_key(tokens):
    token = tokens().make(7)
    assert tokens(SECRET_KEY="another key, which is long enough as well").read(token) is None
