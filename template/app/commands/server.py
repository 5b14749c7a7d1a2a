"""The server of one process: uvicorn, told everything that it would look up elsewhere."""

import asyncio
import faulthandler
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from socket import socket
from types import FrameType

import uvicorn
from loguru import logger

from app.commands.http_protocol import HttpProtocol
from app.commands.log_signals import follow_log_signals
from app.commands.running import refuse
from app.core.config import Settings
from app.core.http.shutdown import Shutdown
from app.core.settings.errors import ConfigurationError

# Imported by those who serve websockets.
WEBSOCKET_PROTOCOL = "app.commands.websocket_protocol:WebSocketProtocol"
LEAVE = (b"connection", b"close")
# The exit code where work was cut off.
FAILED = 1


class Server(uvicorn.Server):
    """Tells when it has started. SIGTERM and SIGINT arrive in `handle_exit`, and only there."""

    def __init__(
        self,
        settings: Settings,
        on_started: Callable[[], object],
        on_second_signal: Callable[[], object],
    ) -> None:
        super().__init__(make_config(settings))
        self._settings = settings
        self._on_started = on_started
        self._on_second_signal = on_second_signal
        self._is_ending = False

    async def startup(self, sockets: list[socket] | None = None) -> None:
        follow_log_signals(self._settings)
        await super().startup(sockets)
        self._on_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drains on SIGTERM, and ends without a drain on SIGINT or before it serves."""
        if self._is_ending:
            self._on_second_signal()
            return
        self._is_ending = True
        # Whatever hangs: it is in a traceback on standard error.
        faulthandler.dump_traceback_later(self._settings.stop_seconds, exit=True)
        if sig == signal.SIGTERM and self.started:
            # The signal may have interrupted anything, a line of the log for example.
            asyncio.get_running_loop().call_soon_threadsafe(self._drain)
        else:
            self._stop()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        self._told.closing.set()
        await super().shutdown(sockets)

    @property
    def _told(self) -> Shutdown:
        told: Shutdown = self.lifespan.state["shutdown"]
        return told

    def _drain(self) -> None:
        """Serves on while clients learn of it: by readiness, and with each response."""
        self._told.is_draining = True
        for headers in (self.config.encoded_headers, self.server_state.default_headers):
            headers.append(LEAVE)
        for connection in self.server_state.connections:
            if isinstance(connection, HttpProtocol) and connection.cycle:
                connection.cycle.keep_alive = False
        seconds = self._settings.drain_seconds
        logger.bind(seconds=seconds).info("draining")
        asyncio.get_running_loop().call_later(seconds, self._stop)

    def _stop(self) -> None:
        self.should_exit = True


def run_server(
    settings: Settings,
    listeners: Sequence[socket] | None = None,
    on_started: Callable[[], object] = lambda: None,
    on_second_signal: Callable[[], object] = lambda: os._exit(FAILED),
) -> None:
    """Serves until a signal ends it, on these sockets or else on HOST and PORT."""
    server = Server(settings, on_started, on_second_signal)
    try:
        with suppress(KeyboardInterrupt):
            server.run(list(listeners) if listeners else None)
    except ConfigurationError as exc:
        refuse(exc.reasons)


def make_http_protocol(settings: Settings) -> Callable[..., HttpProtocol]:
    # With room for the path, and for what the edge refuses with a problem.
    most = 4 * settings.max_headers_bytes
    return partial(HttpProtocol, head_timeout=settings.head_timeout, max_head_bytes=most)


def make_config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        "app.main:create_served_app",
        factory=True,
        loop="uvloop",
        http=make_http_protocol(settings),  # type: ignore[arg-type] # any callable will do
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
        timeout_graceful_shutdown=settings.shutdown_grace_seconds,  # type: ignore[arg-type] # or a float
    )
