"""Sentry: where errors are sent."""

import re
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from app.core.settings.errors import SettingError
from app.core.settings.group import SettingsGroup
from app.core.settings.urls import split_url


def _check_dsn(dsn: SecretStr) -> SecretStr:
    parts = split_url(dsn.get_secret_value(), "https", "http")
    if not parts.username or not re.fullmatch("/(.+/)?[0-9]+", parts.path):
        raise SettingError("must have a key and a project, as in https://key@sentry.example/42")
    if parts.query or parts.fragment:
        raise SettingError("must end with the number of the project")
    return dsn


SentryDsn = Annotated[SecretStr, AfterValidator(_check_dsn)]


class SentrySettings(SettingsGroup):
    # Without one, nothing is sent.
    sentry_dsn: SentryDsn | None = None
