"""`python -m app serve`: the listeners of this process, and how they end."""

from contextlib import AbstractContextManager, ExitStack, nullcontext

import uvicorn

from app.commands.metrics_listener import metrics_listener
from app.commands.running import refuse
from app.core.config import Settings

GRACEFUL_SHUTDOWN_SECONDS = 20
# Imported by those who serve websockets.
WEBSOCKET_PROTOCOL = "app.commands.websocket_protocol:WebSocketProtocol"


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or Ctrl-C."""
    with ExitStack() as stack:
        try:
            stack.enter_context(open_metrics_listener(settings))
        except OSError as exc:
            refuse([f"METRICS_PORT: cannot listen there: {exc.strerror}"])
        run_server(settings)


def open_metrics_listener(settings: Settings) -> AbstractContextManager[None]:
    """Opens it once, whatever the number of workers, and never in the application's lifespan."""
    if settings.metrics_port is None:
        return nullcontext()
    return metrics_listener(settings.host, settings.metrics_port, settings.metrics_access)


def run_server(settings: Settings) -> None:
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        root_path=settings.root_path,
        log_config=None,
        access_log=False,
        server_header=False,
        ws=WEBSOCKET_PROTOCOL if settings.websockets_enabled else "none",
        # Unset, uvicorn takes these from WEB_CONCURRENCY and FORWARDED_ALLOW_IPS. TRUSTED_PROXIES
        # says whom to believe.
        workers=1,
        proxy_headers=False,
        forwarded_allow_ips=[],
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_SECONDS,
    )
