import threading
from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry import context, trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from pydantic import ValidationError

from app.core.settings.tracing import TracingSettings
from app.tracing import provider
from app.tracing.provider import make_exporter, make_provider, open_provider, read_headers

# Far more than is needed: it ends a hang.
HANG_SECONDS = 30
PARENT_BASED, RATIO = "parentbased_traceidratio", "traceidratio"


def settings(**given: Any) -> TracingSettings:
    return TracingSettings(otel_exporter_otlp_endpoint="http://127.0.0.1:1", **given)


@pytest.mark.parametrize(
    ("sampler", "ratio", "caller", "is_sampled"),
    [
        (PARENT_BASED, 0, None, False),
        (PARENT_BASED, 1, None, True),
        (PARENT_BASED, 0, TraceFlags.SAMPLED, True),
        (PARENT_BASED, 1, TraceFlags.DEFAULT, False),
        (RATIO, 0, TraceFlags.SAMPLED, False),
        (RATIO, 1, TraceFlags.DEFAULT, True),
    ],
)
def test_what_is_recorded(
    sampler: str, ratio: float, caller: int | None, *, is_sampled: bool
) -> None:
    given = settings(otel_traces_sampler=sampler, otel_traces_sampler_arg=ratio)
    parent = context.Context()
    if caller is not None:
        ids = SpanContext(1, 1, is_remote=True, trace_flags=TraceFlags(caller))
        parent = trace.set_span_in_context(NonRecordingSpan(ids), parent)
    span = make_provider(given, "1").get_tracer("test").start_span("x", context=parent)

    assert span.is_recording() == is_sampled


def test_a_share_of_the_traces_is_recorded() -> None:
    tracer = make_provider(settings(otel_traces_sampler_arg=0.25), "1").get_tracer("test")
    spans = [tracer.start_span("x", context=context.Context()) for _ in range(2000)]

    assert 400 < sum(span.is_recording() for span in spans) < 600


def test_headers_are_decoded() -> None:
    given = settings(otel_exporter_otlp_headers="api-key=a%20b%2Cc,empty=,x=1=2")

    assert read_headers(given) == {"api-key": "a b,c", "empty": "", "x": "1=2"}
    assert read_headers(settings()) == {}


@pytest.mark.parametrize("headers", ["abc", "a b=c", "a=b,", "a=\n", "a=b;c d", "=a"])
def test_other_headers_are_refused_unshown(headers: str) -> None:
    with pytest.raises(ValidationError, match="must be names and values") as caught:
        settings(otel_exporter_otlp_headers=headers)

    assert repr(headers) not in str(caught.value)


def test_the_sdk_logs_no_header_that_is_accepted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It reads the variable too, and quotes what it cannot read. A key may be a UUID, or base64."""
    for character in map(chr, range(33, 127)):
        header = f"api-key=a{character}b"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", header)
        try:
            accepted = settings()
        except ValidationError:
            assert character in ',;"\\'
        else:
            make_exporter(accepted)
    assert caplog.records == []


async def test_a_collector_that_hangs_does_not_hold_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exporter = HangingExporter()
    monkeypatch.setattr(provider, "make_exporter", lambda _: exporter)
    monkeypatch.setattr(provider, "FLUSH_SECONDS", 0.1)
    async with open_provider(settings(otel_traces_sampler_arg=1), "1") as opened:
        opened.get_tracer("test").start_span("x").end()

    assert exporter.is_called.is_set()
    assert not exporter.is_released.is_set()
    exporter.is_released.set()


class HangingExporter(SpanExporter):
    def __init__(self) -> None:
        self.is_called, self.is_released = threading.Event(), threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.is_called.set()
        assert self.is_released.wait(HANG_SECONDS)
        return SpanExportResult.SUCCESS
