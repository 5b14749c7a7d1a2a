from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer

from app.core.settings.tracing import TracingSettings
from app.tracing.provider import make_provider


def make_tracer(ratio: float = 1) -> tuple[Tracer, InMemorySpanExporter]:
    """Returns a tracer such as the service has, and where its spans are when they have ended."""
    provider = make_provider(TracingSettings(otel_traces_sampler_arg=ratio), "1")
    exported = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exported))
    return provider.get_tracer("test"), exported
