"""URLs of servers. What is wrong with one is said without repeating it: it may hold a password."""

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator

from app.core.settings.errors import SettingError

# What stands in no URL, and a percent sign that escapes nothing.
_UNESCAPED = re.compile(r"[^!-~]|%(?![0-9A-Fa-f]{2})")
_PLACE = re.compile(r"(|[A-Za-z0-9_][A-Za-z0-9_.-]*|\[([0-9A-Fa-f:.]+)\])(?::([0-9]{1,5}))?")
_ESCAPE = (
    "has characters that must be escaped: in a user or password write @ as %40, : as %3A, / as %2F,"
    " ? as %3F, # as %23, % as %25, [ as %5B, ] as %5D and a blank as %20"
)


def split_url(
    url: str, *schemes: str, needs_host: bool = True, many_hosts: bool = False
) -> SplitResult:
    """Reads a URL in which all libraries find the same user, password, host and port.

    Raises:
        SettingError: it is not one, or has another scheme.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in schemes:
        raise SettingError(f"must begin with {' or '.join(f'{each}://' for each in schemes)}")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    login, _, place = authority.rpartition("@")
    # With such a sign in it a password ends early, and its rest is taken for a host or a path.
    if _UNESCAPED.search(rest) or "@" in rest[len(authority) :] or re.search(r"[@\[\]]", login):
        raise SettingError(_ESCAPE)
    for each in place.split(",") if many_hosts else [place]:
        _check_place(each, needs_host=needs_host)
    return urlsplit(url)


def _check_place(place: str, *, needs_host: bool) -> None:
    match = _PLACE.fullmatch(place)
    if match is None or not (match[1] or not needs_host) or not 1 <= int(match[3] or 1) <= 65535:
        raise SettingError(
            "must have a host and, behind a colon, perhaps a port from 1 to 65535;"
            " a user and a password end with @"
        )
    try:
        IPv6Address(match[2] or "::")
    except AddressValueError:
        raise SettingError("must have an IPv6 address between [ and ]") from None


def _check_smtp_url(url: str) -> str:
    parts = split_url(url, "smtp", "smtps")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingError("must end behind the host and the port")
    if bool(parts.username) != bool(parts.password):
        raise SettingError("must have both a user and a password or neither")
    return url


def _check_public_url(url: str) -> str:
    parts = split_url(url, "http", "https")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise SettingError("must have no user, no query and no fragment")
    return url.rstrip("/")


SmtpUrl = Annotated[str, AfterValidator(_check_smtp_url)]
PublicUrl = Annotated[str, AfterValidator(_check_public_url)]
