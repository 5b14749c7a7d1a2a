from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import make_url

from app.core.settings.database import DatabaseUrl
from app.core.settings.urls import PublicUrl, SmtpUrl

PASSWORD = "p@ss:w/o#r%d?[x] y&=ü"
ESCAPED = quote(PASSWORD, safe="")


def read(kind: Any, url: str) -> str:
    return TypeAdapter[str](kind).validate_python(url)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///./data.db", "sqlite+aiosqlite:///./data.db"),
        ("sqlite:////srv/100%/data.db", "sqlite+aiosqlite:////srv/100%/data.db"),
        ("postgres://u:p@db/shop", "postgresql+asyncpg://u:p@db/shop"),
        ("postgresql://u:p@db/shop", "postgresql+asyncpg://u:p@db/shop"),
        ("postgresql+asyncpg://u:p@db/shop", "postgresql+asyncpg://u:p@db/shop"),
        ("postgresql://u@/shop?host=/run", "postgresql+asyncpg://u@/shop?host=/run"),
        ("postgresql://u:p:q@[::1]:5432/a", "postgresql+asyncpg://u:p:q@[::1]:5432/a"),
    ],
)
def test_a_database_url_gets_its_driver(given: str, used: str) -> None:
    assert read(DatabaseUrl, given) == used


def test_libraries_read_an_escaped_password_alike() -> None:
    url = f"postgresql://shop:{ESCAPED}@db.internal:5433/shop"
    parts, read_by_library = urlsplit(url), make_url(read(DatabaseUrl, url))

    assert unquote(parts.password or "") == read_by_library.password == PASSWORD
    assert parts.hostname == read_by_library.host == "db.internal"
    assert parts.port == read_by_library.port == 5433


@pytest.mark.parametrize(
    ("kind", "scheme"), [(DatabaseUrl, "postgresql"), (SmtpUrl, "smtp"), (PublicUrl, "https")]
)
@pytest.mark.parametrize("sign", ["@", "/", "#", "?", "[", "]", " ", "%", "%zz", "ü", "\n"])
def test_a_sign_that_is_not_escaped_is_named(kind: Any, scheme: str, sign: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(kind, f"{scheme}://user:pass{sign}word@host")

    assert "write @ as %40, : as %3A, / as %2F" in str(refused.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://db/shop", "must begin with sqlite:// or postgresql://"),
        ("postgresql+psycopg2://db/shop", "must begin with"),
        ("shop", "must begin with"),
        ("postgresql:db/shop", "must begin with"),
        ("postgresql://u:p@db:port/shop", "port from 1 to 65535"),
        ("postgresql://u:p@db:0/shop", "port from 1 to 65535"),
        ("postgresql://u:p@db:65536/shop", "port from 1 to 65535"),
        ("postgresql://u:p@[::1/shop", "must have a host"),
        ("postgresql://u:p@[1:2]/shop", "must have an IPv6 address"),
        ("postgresql://u:pass", "must have a host"),
        ("sqlite://", "must name a file"),
        ("sqlite://data.db", "must name a file"),
        ("sqlite:///", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
    ],
)
def test_another_database_is_refused(url: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        read(DatabaseUrl, url)


@pytest.mark.parametrize(
    "url", ["smtp://mx", "smtp://127.0.0.1:25", "smtps://user:p%40ss@mx:465", "smtp://[::1]:587"]
)
def test_a_mail_server_has_a_host_and_perhaps_a_login(url: str) -> None:
    assert read(SmtpUrl, url) == url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mx:25", "must begin with smtp:// or smtps://"),
        ("http://mx", "must begin with"),
        ("smtp://", "must have a host"),
        ("smtp://mx:0", "port from 1 to 65535"),
        ("smtp://mx:99999", "port from 1 to 65535"),
        ("smtp://user@mx", "both a user and a password or neither"),
        ("smtp://:secret@mx", "both a user and a password or neither"),
        ("smtp://mx/path", "must end behind the host and the port"),
        ("smtp://mx?tls=no", "must end behind the host and the port"),
    ],
)
def test_another_mail_server_is_refused(url: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        read(SmtpUrl, url)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://shop.example/", "https://shop.example"),
        ("https://shop.example/app/", "https://shop.example/app"),
    ],
)
def test_a_public_url_has_no_slash_at_its_end(given: str, used: str) -> None:
    assert read(PublicUrl, given) == used


@pytest.mark.parametrize(
    "url",
    [
        "shop.example",
        "ftp://shop.example",
        "https://",
        "https://shop.example:x",
        "https://shop example",
        "https://user@shop.example",
        "https://shop.example?a=b",
        "https://shop.example#a",
    ],
)
def test_another_public_url_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        read(PublicUrl, url)
