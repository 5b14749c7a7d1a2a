import pytest
from pydantic import TypeAdapter, ValidationError

from app.core.settings.types import PublicUrl, SmtpUrl


@pytest.mark.parametrize(
    "url", ["smtp://mx", "smtp://127.0.0.1:25", "smtps://user:p%40ss@mx:465", "smtp://[::1]:587"]
)
def test_a_mail_server_has_a_host_and_perhaps_a_login(url: str) -> None:
    assert TypeAdapter(SmtpUrl).validate_python(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "mx:25",
        "http://mx",
        "smtp://",
        "smtp://mx:0",
        "smtp://mx:99999",
        "smtp://user@mx",
        "smtp://:secret@mx",
        "smtp://mx/path",
        "smtp://mx?tls=no",
    ],
)
def test_another_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(SmtpUrl).validate_python(url)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://shop.example/", "https://shop.example"),
        ("https://shop.example/app/", "https://shop.example/app"),
    ],
)
def test_a_public_url_has_no_slash_at_its_end(given: str, used: str) -> None:
    assert TypeAdapter(PublicUrl).validate_python(given) == used


@pytest.mark.parametrize(
    "url",
    [
        "shop.example",
        "ftp://shop.example",
        "https://",
        "https://shop.example:x",
        "https://user@shop.example",
        "https://shop.example?a=b",
        "https://shop.example#a",
    ],
)
def test_another_public_url_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(PublicUrl).validate_python(url)
