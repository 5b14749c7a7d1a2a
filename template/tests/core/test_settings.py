from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.core.config import Settings, get_settings, reload_settings
from app.core.platform_settings import PlatformSettings

SECRET = "x" * 32
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


def test_settings_are_read_once(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `settings` has written tmp_path/.env.
    monkeypatch.chdir(tmp_path)
    reload_settings()
    monkeypatch.setenv("PORT", "9000")
    assert get_settings().port == 8000

    assert reload_settings().port == 9000
    assert get_settings().port == 9000
