"""Types of settings that say what is wrong with a value, without repeating it."""

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyNetwork
from pydantic_settings import NoDecode

_EVERY_NETWORK = ("0.0.0.0/0", "::/0")


def split_at_commas(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


Seconds = Annotated[float, Field(gt=0)]
CommaSeparated = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_at_commas)]


def _split(url: str, *schemes: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"must be {' or '.join(f'{scheme}://host' for scheme in schemes)}")
    # An impossible port raises when it is asked for.
    if parts.port == 0 or parts.query or parts.fragment:
        raise ValueError("must have a possible port, no query and no fragment")
    return parts


def _check_smtp_url(url: str) -> str:
    parts = _split(url, "smtp", "smtps")
    if parts.path.strip("/") or bool(parts.username) != bool(parts.password):
        raise ValueError("must have both a user and a password or neither, and no path")
    return url


def _check_public_url(url: str) -> str:
    parts = _split(url, "http", "https")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must have no user")
    return url.rstrip("/")


def _check_origin(origin: str) -> str:
    # No browser sends another form, and any page can be made to send 'null'.
    if not re.fullmatch(r"\*|[a-z][a-z0-9+.-]*://[^/?#\s]+", origin):
        raise ValueError("must be a scheme and a host, as in https://shop.example")
    return origin


Origin = Annotated[str, AfterValidator(_check_origin)]
Origins = Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(split_at_commas)]


def _split_networks(value: object) -> object:
    """Reads networks with commas between; `*` is every address there is."""
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split(",")]
    return [network for part in parts for network in (_EVERY_NETWORK if part == "*" else (part,))]


Networks = Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_split_networks)]
SmtpUrl = Annotated[str, AfterValidator(_check_smtp_url)]
PublicUrl = Annotated[str, AfterValidator(_check_public_url)]
