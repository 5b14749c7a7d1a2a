"""Variables that OpenTelemetry's SDK reads past the settings: named where it cannot use them, never shown."""

import logging
import os
import subprocess
import sys

import pytest

from app.core.settings.errors import ConfigurationError
from app.core.settings.tracing import TracingSettings
from app.tracing.environment import check_environment

CANARY = "CanaryKw7XqZt9Rm"
# Also those that a module of the SDK reads when it is imported.
UNUSABLE = {
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "-1",
    "OTEL_ATTRIBUTE_COUNT_LIMIT": CANARY,
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT": CANARY,
    "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT": CANARY,
    "OTEL_SPAN_EVENT_COUNT_LIMIT": CANARY,
    "OTEL_SPAN_LINK_COUNT_LIMIT": CANARY,
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": CANARY,
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": CANARY,
    "OTEL_BSP_MAX_QUEUE_SIZE": "1",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "0",
    "OTEL_BSP_SCHEDULE_DELAY": "-1",
    "OTEL_BSP_EXPORT_TIMEOUT": CANARY,
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": CANARY,
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": CANARY,
    "OTEL_EXPORTER_OTLP_COMPRESSION": CANARY,
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER": CANARY,
    "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED": CANARY,
    "OTEL_RESOURCE_ATTRIBUTES": CANARY,
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": CANARY,
}
USABLE = {
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "64",
    "OTEL_BSP_MAX_QUEUE_SIZE": "4096",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "api-key=abc",
    "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
    "OTEL_RESOURCE_ATTRIBUTES": "team=shop,zone=a",
    "OTEL_SDK_DISABLED": "true",
}


@pytest.fixture
def settings() -> TracingSettings:
    return TracingSettings(otel_exporter_otlp_endpoint="http://127.0.0.1:1")


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_variable_is_named_and_not_shown(
    settings: TracingSettings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    monkeypatch.setenv(name, UNUSABLE[name])
    with pytest.raises(ConfigurationError) as caught:
        check_environment(settings, "1")

    assert caught.value.reasons == [f"{name}: holds a value that OpenTelemetry cannot use"]
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert caplog.records == []
    assert logging.getLogger("opentelemetry").propagate


def test_usable_variables_are_accepted(
    settings: TracingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in USABLE.items():
        monkeypatch.setenv(name, value)
    check_environment(settings, "1")


def test_without_a_collector_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "1")
    check_environment(TracingSettings(), "1")


@pytest.mark.parametrize(
    "name",
    [
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_BSP_MAX_QUEUE_SIZE",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    ],
)
def test_a_service_ends_with_one_line(variables: dict[str, str], name: str) -> None:
    given = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", name: UNUSABLE[name]}
    done = subprocess.run(
        [sys.executable, "-m", "app", "serve"],
        env={**os.environ, **variables, **given},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if line]

    assert done.returncode == 1
    assert lines == [f"{name}: holds a value that OpenTelemetry cannot use"]
    assert CANARY not in done.stdout
