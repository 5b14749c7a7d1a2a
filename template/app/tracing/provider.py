"""OpenTelemetry's SDK, imported only where traces are sent: what makes spans, and what sends them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread
from urllib.parse import unquote

import anyio
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler, TraceIdRatioBased

from app.core.settings.tracing import TracingSettings
from app.tracing.ids import given

# In seconds. A collector that hangs costs a stopping process no more than FLUSH_SECONDS.
EXPORT_SECONDS = 5.0
FLUSH_SECONDS = 1.0


class GivenIds(RandomIdGenerator):
    """Random ids for all spans but those of requests."""

    def generate_trace_id(self) -> int:
        trace = given.get()
        return super().generate_trace_id() if trace is None else int(trace.trace_id, 16)

    def generate_span_id(self) -> int:
        trace = given.get()
        return super().generate_span_id() if trace is None else int(trace.span_id, 16)


@asynccontextmanager
async def open_provider(settings: TracingSettings, version: str) -> AsyncIterator[TracerProvider]:
    provider = make_provider(settings, version)
    provider.add_span_processor(make_processor(settings))
    try:
        yield provider
    finally:
        await _flush(provider)


def make_provider(settings: TracingSettings, version: str) -> TracerProvider:
    resource = {
        "service.name": settings.otel_service_name,
        "service.version": version,
        "deployment.environment.name": settings.environment,
    }
    return TracerProvider(
        sampler=make_sampler(settings),
        resource=Resource.create(resource),
        id_generator=GivenIds(),
        # It would wait for the collector, and after the limit of a stopping process.
        shutdown_on_exit=False,
    )


def make_sampler(settings: TracingSettings) -> Sampler:
    ratio = TraceIdRatioBased(settings.otel_traces_sampler_arg)
    return ratio if settings.otel_traces_sampler == "traceidratio" else ParentBased(ratio)


def make_processor(settings: TracingSettings) -> BatchSpanProcessor:
    # Its thread sends; spans wait in a queue, and are dropped where it is full.
    return BatchSpanProcessor(make_exporter(settings))


def make_exporter(settings: TracingSettings) -> OTLPSpanExporter:
    endpoint = f"{settings.otel_exporter_otlp_endpoint}/v1/traces"
    return OTLPSpanExporter(endpoint, headers=read_headers(settings), timeout=EXPORT_SECONDS)


def read_headers(settings: TracingSettings) -> dict[str, str]:
    given = settings.otel_exporter_otlp_headers
    lines = given.get_secret_value().split(",") if given else []
    pairs = (line.split("=", 1) for line in lines)
    return {name: unquote(value) for name, value in pairs}


async def _flush(provider: TracerProvider) -> None:
    # A daemon: at the end of the process nobody waits for a thread that hangs.
    sending = Thread(target=provider.shutdown, name="last spans", daemon=True)
    sending.start()
    with anyio.CancelScope(shield=True):
        await anyio.to_thread.run_sync(sending.join, FLUSH_SECONDS)
