import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer

from service.support.spans import make_tracer

Tracing = tuple[Tracer, InMemorySpanExporter]


@pytest.fixture
def tracing() -> Tracing:
    return make_tracer()


@pytest.fixture
def tracer(tracing: Tracing) -> Tracer:
    return tracing[0]


@pytest.fixture
def exported(tracing: Tracing) -> InMemorySpanExporter:
    return tracing[1]
