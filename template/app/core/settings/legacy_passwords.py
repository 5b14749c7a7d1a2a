"""Reads LEGACY_PASSWORD_SCHEMES: schemes with the most rounds of each, as in bcrypt:12."""

import re
from importlib.util import find_spec
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

from app.core.credentials.legacy_passwords import (
    BCRYPT,
    LEAST_BCRYPT_ROUNDS,
    MOST_ROUNDS,
    LegacyScheme,
)
from app.core.settings.errors import SettingError


def _parse_schemes(value: object) -> object:
    if not isinstance(value, str):
        return value
    schemes = [_parse_scheme(part.strip()) for part in value.split(",")]
    if len({scheme.name for scheme in schemes}) < len(schemes):
        raise SettingError("names a scheme twice")
    return schemes


def _parse_scheme(text: str) -> LegacyScheme:
    name, _, rounds = text.partition(":")
    if name not in MOST_ROUNDS:
        raise SettingError(f"knows these schemes: {', '.join(MOST_ROUNDS)}")
    least, most = LEAST_BCRYPT_ROUNDS if name == BCRYPT else 1, MOST_ROUNDS[name]
    if not re.fullmatch(r"[0-9]{1,7}", rounds) or not least <= int(rounds) <= most:
        raise SettingError(
            f"takes the most rounds of a hash after the name, from {least} to {most}, as in {name}:{most}"
        )
    if name == BCRYPT and find_spec("bcrypt") is None:
        raise SettingError("needs the package bcrypt for that scheme: run `uv add bcrypt`")
    return LegacyScheme(name, int(rounds))


LegacySchemes = Annotated[tuple[LegacyScheme, ...], NoDecode, BeforeValidator(_parse_schemes)]
