from typing import Any

import pytest
from pydantic import SecretStr

from app.core.platform_settings import PlatformSettings
from app.core.settings.errors import ConfigurationError, load
from app.core.settings.sentry import SentrySettings

SECRET = "Zp3kVd0Rw9sXq7LmTf2HbYc8NgJ5uAe1"


@pytest.mark.parametrize(
    "dsn",
    [
        f"https://{SECRET}@o1.ingest.sentry.example/42",
        f"https://{SECRET}:{SECRET}@sentry.example:9000/below/it/42",
        f"http://{SECRET}@127.0.0.1:8000/1",
    ],
)
def test_a_dsn_is_accepted_and_not_shown(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_DSN", dsn)
    settings = load(SentrySettings)

    assert settings.sentry_dsn == SecretStr(dsn)
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        (SECRET, "must begin with https:// or http://"),
        (f"ftp://{SECRET}@sentry.example/42", "must begin with https:// or http://"),
        (f"https://sentry.example/42?{SECRET}", "must have a key and a project"),
        (f"https://{SECRET}@sentry.example", "must have a key and a project"),
        (f"https://{SECRET}@sentry.example/first", "must have a key and a project"),
        (f"https://{SECRET}@sentry.example/42?a=b", "must end with the number"),
        (f"https://{SECRET}@sentry.example/42#a", "must end with the number"),
        (f"https://{SECRET}/@sentry.example/42", "has characters that must be escaped"),
        (f"https://{SECRET}@:99999/42", "must have a host"),
    ],
)
def test_another_one_is_refused_without_repeating_it(
    dsn: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_DSN", dsn)

    with pytest.raises(ConfigurationError, match=f"SENTRY_DSN: {said}") as refused:
        load(SentrySettings)
    assert SECRET not in str(refused.value)


def test_the_service_reads_it() -> None:
    fields: dict[str, Any] = PlatformSettings.model_fields

    assert fields["sentry_dsn"].default is None
