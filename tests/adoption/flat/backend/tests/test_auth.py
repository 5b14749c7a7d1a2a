from backend import auth


def test_password_is_hashed_with_bcrypt():
    hashed = auth.hash_password("x")
    assert hashed.startswith("$2b$04$")
    assert auth.verify_password("x", hashed)
    assert not auth.verify_password("y", hashed)


def test_token():
    assert auth.read_token(auth.make_token(7)) == 7


def test_expired_token(monkeypatch):
    monkeypatch.setenv("TOKEN_MINUTES", "-1")
    assert auth.read_token(auth.make_token(7)) is None


def test_token_of_another_key(monkeypatch):
    token = auth.make_token(7)
    monkeypatch.setenv("SECRET_KEY", "another key, which is long enough as well")
    assert auth.read_token(token) is None
