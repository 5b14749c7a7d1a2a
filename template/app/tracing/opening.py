"""Traces, from the start of a process to its end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.core.settings.tracing import TracingSettings


@asynccontextmanager
async def open_tracing(settings: TracingSettings, version: str) -> AsyncIterator[None]:
    if settings.otel_exporter_otlp_endpoint is None:
        yield
        return
    # The SDK, and what it takes, is imported by services that send traces.
    from app.tracing.recording import record  # noqa: PLC0415 - as said

    async with record(settings, version):
        yield
