"""`python -m app serve`: what there is once, whatever the number of workers."""

import asyncio
from contextlib import AbstractContextManager, ExitStack, nullcontext

import typer
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

from app.commands.counts import make_folder, reserve_all
from app.commands.log_signals import follow_log_signals
from app.commands.metrics_listener import metrics_listener
from app.commands.running import refuse
from app.commands.server import run_server
from app.commands.supervisor import Supervisor
from app.core.config import Settings


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or Ctrl-C."""
    if settings.workers == 1:
        with open_metrics_listener(settings, REGISTRY):
            run_server(settings)
        return
    with make_folder() as counts:
        reserve_all(counts, settings.workers)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=counts)  # type: ignore[no-untyped-call]
        with open_metrics_listener(settings, registry):
            code = asyncio.run(supervise(settings, counts))
    raise typer.Exit(code)


def open_metrics_listener(
    settings: Settings, registry: CollectorRegistry
) -> AbstractContextManager[object]:
    """Opens it once, whatever the number of workers, and never in the application's lifespan."""
    if settings.metrics_port is None:
        return nullcontext()
    stack = ExitStack()
    try:
        stack.enter_context(
            metrics_listener(
                settings.host, settings.metrics_port, settings.metrics_access, registry
            )
        )
    except OSError as exc:
        refuse([f"METRICS_PORT: cannot listen there: {exc.strerror}"])
    return stack


async def supervise(settings: Settings, counts: str) -> int:
    """Returns the exit code, when all workers have ended."""
    loop = asyncio.get_running_loop()
    try:
        # Bound here, so that a taken port is one error; the workers listen.
        bound = await loop.create_server(
            asyncio.Protocol, settings.host, settings.port, start_serving=False
        )
    except OSError as exc:
        refuse([f"PORT: cannot listen there: {exc.strerror}"])
        raise
    async with bound:
        supervisor = Supervisor(bound, counts, settings.stop_seconds)
        follow_log_signals(settings, supervisor.hand_on)
        return await supervisor.run(settings.workers)
