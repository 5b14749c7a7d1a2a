"""The server of one process: uvicorn, told everything that it would look up elsewhere."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from socket import socket

import uvicorn

from app.commands.log_signals import follow_log_signals
from app.core.config import Settings

GRACEFUL_SHUTDOWN_SECONDS = 20
# Imported by those who serve websockets.
WEBSOCKET_PROTOCOL = "app.commands.websocket_protocol:WebSocketProtocol"


class Server(uvicorn.Server):
    """Tells when it has started. SIGTERM and SIGINT arrive in `handle_exit`, and only there."""

    def __init__(self, settings: Settings, on_started: Callable[[], object]) -> None:
        super().__init__(make_config(settings))
        self._settings = settings
        self._on_started = on_started

    async def startup(self, sockets: list[socket] | None = None) -> None:
        follow_log_signals(self._settings)
        await super().startup(sockets)
        self._on_started()


def run_server(
    settings: Settings,
    listeners: Sequence[socket] | None = None,
    on_started: Callable[[], object] = lambda: None,
) -> None:
    """Serves until a signal ends it, on these sockets or else on HOST and PORT."""
    server = Server(settings, on_started)
    with suppress(KeyboardInterrupt):
        server.run(list(listeners) if listeners else None)


def make_config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        "app.main:create_served_app",
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
