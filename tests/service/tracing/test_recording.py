import pytest
from httpx2 import AsyncHTTPTransport
from opentelemetry import trace
from starlette.background import BackgroundTask

from app.core.settings.tracing import TracingSettings
from app.tracing.opening import open_tracing

REPLACED = ((AsyncHTTPTransport, "handle_async_request"), (BackgroundTask, "__call__"))


def find_methods() -> list[object]:
    return [getattr(owner, name) for owner, name in REPLACED]


async def test_what_is_followed_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    providers: list[object] = []
    monkeypatch.setattr(trace, "set_tracer_provider", providers.append)
    settings = TracingSettings(otel_exporter_otlp_endpoint="http://127.0.0.1:1")
    before = find_methods()
    async with open_tracing(settings, "1"):
        during = find_methods()

    assert len(providers) == 1
    assert not set(during) & set(before)
    assert find_methods() == before


async def test_without_an_endpoint_nothing_is_followed() -> None:
    before = find_methods()
    async with open_tracing(TracingSettings(), "1"):
        assert find_methods() == before
