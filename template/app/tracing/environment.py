"""What the SDK takes from `OTEL_...` past our settings is tried before anything starts."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from app.core.settings.errors import ConfigurationError
from app.core.settings.tracing import TracingSettings

SDK = logging.getLogger("opentelemetry")


class _Said(logging.Handler):
    """Keeps what the SDK says from the log: it may quote a variable, and headers are secret."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def check_environment(settings: TracingSettings, version: str) -> None:
    """Builds once what `open_provider` builds.

    Raises:
        ConfigurationError: the SDK fails or complains; the message has names of variables and no value.
    """
    names = [name for name in sorted(os.environ) if _is_of_the_sdk(name)]
    if settings.otel_exporter_otlp_endpoint is None or not names:
        return
    with _kept_from_the_log() as said:
        try:
            # A module of the SDK reads a variable too.
            from app.tracing.provider import make_processor, make_provider  # noqa: PLC0415 - as said

            make_provider(settings, version)
            make_processor(settings).shutdown()  # type: ignore[no-untyped-call] # has no types
        except Exception as exc:  # noqa: BLE001 - of any kind, and with the value in its text
            said.append(str(exc))
    if said:
        named = [name for name in names if any(name in line for line in said)]
        raise ConfigurationError(
            [f"{', '.join(named or names)}: holds a value that OpenTelemetry cannot use"]
        )


def _is_of_the_sdk(name: str) -> bool:
    return name.startswith("OTEL_") and name.lower() not in TracingSettings.model_fields


@contextmanager
def _kept_from_the_log() -> Iterator[list[str]]:
    said, propagates = _Said(), SDK.propagate
    SDK.addHandler(said)
    SDK.propagate = False
    try:
        yield said.lines
    finally:
        SDK.propagate = propagates
        SDK.removeHandler(said)
