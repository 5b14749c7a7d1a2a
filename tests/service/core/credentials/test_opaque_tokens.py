import pytest

from app.core.credentials.opaque_tokens import RefreshToken, fingerprint, make_token


def test_tokens_differ_and_have_256_bits() -> None:
    assert len({make_token() for _ in range(100)}) == 100
    assert len(make_token()) == 43


def test_a_fingerprint_does_not_hold_its_token() -> None:
    token = make_token()

    assert token not in fingerprint(token)
    assert fingerprint(token) == fingerprint(token) != fingerprint(make_token())


def test_a_refresh_token_is_read_as_it_was_written() -> None:
    token = RefreshToken.make()

    assert RefreshToken.parse(str(token)) == token


@pytest.mark.parametrize("text", ["", ".", "x.y", "a" * 43, f"{'a' * 43}.{'b' * 44}", "\ud800"])
def test_another_text_is_no_refresh_token(text: str) -> None:
    assert RefreshToken.parse(text) is None


def test_a_token_has_one_successor_for_each_salt() -> None:
    token = RefreshToken.make()
    successor = token.successor("salt")

    assert successor == token.successor("salt") != token.successor("pepper")
    assert successor.family == token.family
    assert successor.secret != token.secret
    assert RefreshToken.parse(str(successor)) == successor
