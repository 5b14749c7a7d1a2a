from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.core.config import get_settings, reload_settings
from app.core.platform_settings import PlatformSettings
from tests.pems import make_private_key, to_pem, to_public_pem

SECRET = "x" * 32
RSA, CURVE = make_private_key("RS256"), make_private_key("ES256")
KEYS = {
    "secret": SECRET,
    "other secret": SECRET + "!",
    "RSA": to_pem(RSA),
    "P-256": to_pem(CURVE),
    "public RSA": to_public_pem(RSA),
    "public P-256": to_public_pem(CURVE),
    "weak": "hunter2",
}
PRODUCTION = {
    "environment": "production",
    "database_url": "postgresql://user:password@db/shop",
    "trusted_hosts": "api.example.com",
    "public_url": "https://shop.example.com",
    "smtp_url": "smtp://user:password@mail.example.com:587",
    "mail_from": "no-reply@shop.example.com",
}


def make_settings(**values: Any) -> PlatformSettings:
    return PlatformSettings(_env_file=None, **{"jwt_secret": SECRET, **values})


def test_secrets_have_no_default() -> None:
    with pytest.raises(ValidationError, match="jwt_secret"):
        PlatformSettings(_env_file=None)


def test_a_short_secret_is_refused_and_not_shown() -> None:
    with pytest.raises(ValidationError, match="at least 32") as caught:
        make_settings(jwt_secret="hunter2")

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("algorithm", "key", "said"),
    [
        ("RS256", "secret", "this key is for HS256, and JWT_ALGORITHM is RS256"),
        ("HS256", "RSA", "this key is for RS256, and JWT_ALGORITHM is HS256"),
        ("ES256", "RSA", "this key is for RS256, and JWT_ALGORITHM is ES256"),
        ("ES256", "public P-256", "only the private one signs"),
    ],
)
def test_the_key_is_for_the_algorithm_and_can_sign(algorithm: str, key: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        make_settings(jwt_algorithm=algorithm, jwt_secret=KEYS[key])

    assert [error["loc"] for error in caught.value.errors()] == [("jwt_secret",)]
    assert KEYS[key] not in str(caught.value)


@pytest.mark.parametrize(
    ("previous", "said"),
    [
        (["weak"], "at least 32"),
        (["secret"], "twice"),
        (["other secret", "other secret"], "twice"),
        (["P-256", "public P-256"], "twice"),
    ],
)
def test_previous_keys_are_keys_and_all_different(previous: list[str], said: str) -> None:
    texts = [KEYS[key] for key in previous]
    with pytest.raises(ValidationError, match=said) as caught:
        make_settings(jwt_previous_secrets=",".join(texts))

    assert [error["loc"] for error in caught.value.errors()] == [("jwt_previous_secrets",)]
    assert not any(text in str(caught.value) for text in texts)


def test_the_key_that_signs_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the environment has them: a PEM on one line, and secrets with commas between."""
    monkeypatch.setenv("JWT_ALGORITHM", "ES256")
    monkeypatch.setenv("JWT_SECRET", KEYS["P-256"].replace("\n", "\\n"))
    monkeypatch.setenv("JWT_PREVIOUS_SECRETS", f"{SECRET}, {KEYS['public RSA']}")
    settings = PlatformSettings(_env_file=None)

    assert [key.algorithm for key in settings.jwt_keys] == ["ES256", "HS256", "RS256"]


def test_without_a_word_it_is_production() -> None:
    assert make_settings().is_production


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///./data.db", "sqlite+aiosqlite:///./data.db"),
        ("postgres://u:p@db/shop", "postgresql+asyncpg://u:p@db/shop"),
        ("postgresql://u:p@db/shop", "postgresql+asyncpg://u:p@db/shop"),
        ("postgresql+asyncpg://u:p@db/shop", "postgresql+asyncpg://u:p@db/shop"),
    ],
)
def test_a_database_url_gets_its_driver(given: str, used: str) -> None:
    assert make_settings(database_url=given).database_url == used


@pytest.mark.parametrize("url", ["mysql://db/shop", "postgresql+psycopg2://db/shop", "shop"])
def test_another_database_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="must begin with"):
        make_settings(database_url=url)


def test_lists_are_written_with_commas() -> None:
    settings = make_settings(cors_origins="https://a.example, https://b.example")

    assert settings.cors_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("environment", "staging"),
        ("port", 0),
        ("database_pool_timeout", 0),
        ("access_token_ttl", -1),
        ("mail_from", "no-reply"),
        ("public_url", "shop.example.com"),
        ("smtp_url", "mail.example.com"),
        ("password_min_length", 7),
        ("password_min_length", 65),
    ],
)
def test_a_value_out_of_range_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        make_settings(**{name: value})


def test_settings_do_not_change() -> None:
    settings: Any = make_settings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1


def test_production_may_be_fine() -> None:
    assert make_settings(**PRODUCTION).refusals() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "sqlite:///x"),
        ("trusted_hosts", "a,*"),
        ("cors_origins", "*"),
        ("public_url", "http://shop.example.com"),
        ("smtp_url", None),
        ("mail_from", "nobody@example.com"),
    ],
)
def test_production_refuses_what_is_for_a_laptop(name: str, value: str) -> None:
    [reason] = make_settings(**(PRODUCTION | {name: value})).refusals()

    assert reason.startswith(name.upper())
    assert make_settings(**{name: value, "environment": "development"}).refusals() == []


@pytest.mark.parametrize(
    ("environment", "docs_enabled", "serves"),
    [
        ("production", None, False),
        ("development", None, True),
        ("production", True, True),
        ("development", False, False),
    ],
)
def test_production_serves_no_docs_unasked(
    environment: str, docs_enabled: bool | None, serves: bool
) -> None:
    settings = make_settings(environment=environment, docs_enabled=docs_enabled)

    assert settings.serves_docs is serves


def test_settings_are_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reload_settings()
    monkeypatch.setenv("PORT", "9000")
    assert get_settings().port == 8000

    assert reload_settings().port == 9000
    assert get_settings().port == 9000
