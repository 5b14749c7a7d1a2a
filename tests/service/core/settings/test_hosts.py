from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from app.core.settings.hosts import ListeningHost, Origin, ServedHost


def read(kind: Any, value: str) -> str:
    return TypeAdapter[str](kind).validate_python(value)


@pytest.mark.parametrize(
    "host", ["*", "api.example.com", "*.example.com", "localhost", "my_service", "10.0.0.1", "::1"]
)
def test_a_served_host_is_a_name_or_an_address(host: str) -> None:
    assert read(ServedHost, host.upper()) == host


@pytest.mark.parametrize(
    "host",
    [
        "",
        "https://api.example.com",
        "//api.example.com",
        "api.example.com/",
        "api.example.com:443",
        "[::1]",
        "api example.com",
        "api.*.com",
        "*example.com",
        "*.",
        "*.*",
        "*.::1",
        ".example.com",
        "müller.example",
        "user@example.com",
    ],
)
def test_another_served_host_is_refused(host: str) -> None:
    with pytest.raises(ValidationError, match="without scheme, port, brackets or blanks"):
        read(ServedHost, host)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::", "localhost", "my-host.internal"])  # noqa: S104 - texts
def test_a_listening_host_is_a_name_or_an_address(host: str) -> None:
    assert read(ListeningHost, host) == host


@pytest.mark.parametrize(
    "host", ["http://0.0.0.0", "0.0.0.0:80", "[::]", "*", "local host", "/run/app.sock"]
)
def test_another_listening_host_is_refused(host: str) -> None:
    with pytest.raises(ValidationError, match="an address or a name"):
        read(ListeningHost, host)


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "https://shop.example",
        "https://xn--mller-kva.example:8443",
        "http://localhost:3000",
        "http://127.0.0.1:80" + "80",
        "http://[::1]:5173",
        "https://shop.example:80",
        "capacitor://localhost",
        "chrome-extension://abcdefghijklmnop",
    ],
)
def test_an_origin_is_what_browsers_send(origin: str) -> None:
    assert read(Origin, origin) == origin


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "shop.example",
        "//shop.example",
        "https://",
        "https://shop.example/",
        "https://shop.example/app",
        "https://shop.example?a",
        "https://Shop.example",
        "HTTPS://shop.example",
        "https://shop.example:443",
        "http://shop.example:80",
        "https://shop.example:0443",
        "https://shop.example:99999",
        "https://shop.example:",
        "https://user@shop.example",
        "https://*.shop.example",
        "https://müller.example",
        "https://shop example",
        "http://127.1",
        "http://[0:0::1]",
        "http://[::g]",
        "http://::1",
    ],
)
def test_another_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValidationError, match="a scheme and a host"):
        read(Origin, origin)
