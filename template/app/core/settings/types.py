"""Types of settings that say what is wrong with a value, without repeating it."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyNetwork
from pydantic_settings import NoDecode

from app.core.settings.errors import SettingError

_EVERY_NETWORK = ("0.0.0.0/0", "::/0")


def split_at_commas(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _split_networks(value: object) -> object:
    """Reads networks with commas between; `*` is every address there is, `none` is no address."""
    if not isinstance(value, str):
        return value
    parts = [] if value.strip() == "none" else [part.strip() for part in value.split(",")]
    return [network for part in parts for network in (_EVERY_NETWORK if part == "*" else (part,))]


def _check_header_value(value: str) -> str:
    if not re.fullmatch(r"[ -~]+", value):
        raise SettingError("must be one line of printable ASCII")
    return value


HeaderValue = Annotated[str, AfterValidator(_check_header_value)]
Networks = Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_split_networks)]

# Without an upper bound a value would be accepted that no clock and no library can add up.
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
# Up to a hundred years.
LifetimeSeconds = Annotated[int, Field(ge=1, le=3_153_600_000)]
