"""What is wrong with settings, in our words: those of a library may hold a part of the value."""

from collections.abc import Sequence
from typing import Any, TypeVar, get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings

SettingsT = TypeVar("SettingsT", bound=BaseSettings)

_MESSAGES = {
    "missing": "is not set and has no default",
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "literal_error": "must be {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "ip_any_network": "must be a network or an address, as in 10.0.0.0/8",
}


class SettingError(ValueError):
    """Says what is wrong with a value, and holds no part of it."""


class ConfigurationError(Exception):
    """The service must not start with these settings; the message says why and holds no value."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("\n".join(["These settings do not work:", *reasons]))
        self.reasons = list(reasons)


def load(settings: type[SettingsT]) -> SettingsT:
    """Reads the environment and .env.

    Raises:
        ConfigurationError: a value is missing or invalid, or .env cannot be read.
    """
    try:
        return settings()
    except ValidationError as exc:
        reasons = [_describe(error, settings) for error in exc.errors()]
    except UnicodeDecodeError:
        reasons = [".env: is not UTF-8"]
    except ValueError as exc:
        # A list or table that is not JSON: pydantic-settings names the field and not the value.
        reasons = [str(exc)]
    raise ConfigurationError(reasons)


def holds_secret(field: FieldInfo) -> bool:
    """Whether no output may show the value: a SecretStr, or a field that no `repr` shows."""
    return not field.repr or _mentions(field.annotation, SecretStr)


def _describe(error: ErrorDetails, settings: type[BaseSettings]) -> str:
    name, *entry = error["loc"] or ("settings",)
    field = settings.model_fields.get(str(name))
    place = "".join(f"entry {part + 1} " if isinstance(part, int) else f"{part} " for part in entry)
    return f"{str(name).upper()}: {place}{_explain(error, field)}"


def _explain(error: ErrorDetails, field: FieldInfo | None) -> str:
    context = error.get("ctx", {})
    reason = context.get("error")
    if isinstance(reason, SettingError):
        return str(reason)
    # A validator of the service's own has said why; one that parses a secret may have quoted it.
    if reason and field and not holds_secret(field):
        return str(reason)
    return _MESSAGES.get(error["type"], "has an invalid value").format(**context)


def _mentions(annotation: Any, wanted: type) -> bool:
    return annotation is wanted or any(_mentions(each, wanted) for each in get_args(annotation))
