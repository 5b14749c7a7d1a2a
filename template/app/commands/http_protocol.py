"""uvicorn's protocol of HTTP, with bounds for what arrives before the application sees anything."""

from asyncio import TimerHandle, Transport
from typing import Any

from loguru import logger
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.core.limits.sampler import Sampler

# What a client has to read of a response in the time that a connection may be idle.
LEAST_READ_BYTES = 64 * 1024
# Of a flood, as of refusals by the edge.
_lines = Sampler(10)
_add_header = HttpToolsProtocol.on_header


def drop_trailers() -> None:
    """Mends uvicorn's own class, for every server that is made of it.

    It adds trailers to the headers, behind the back of the proxy that has set some. No layer can
    tell them apart: those that come together with the head are there before the application runs.
    """
    HttpToolsProtocol.on_header = _add_header_of_head  # type: ignore[method-assign] # meant


def _add_header_of_head(self: HttpToolsProtocol, name: bytes, value: bytes) -> None:
    # The scope has its method once the head is complete.
    if "method" not in self.scope:
        _add_header(self, name, value)


class HttpProtocol(HttpToolsProtocol):
    """A head has to arrive in time, only a body may be long, and a connection has to be used.

    Limits that clients are told of are far below: app/middleware/head_limits.py.
    """

    def __init__(self, *args: Any, head_timeout: float, max_head_bytes: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timeout, self._max_head_bytes = head_timeout, max_head_bytes
        self._is_in_head = False
        # Since the last that was of use: the rest of a head, trailers, blank lines.
        self._useless_bytes = 0
        self._head_timer: TimerHandle | None = None
        self._write_timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        self._end_write_timer()
        super()._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._useless_bytes += len(data)
        super().data_received(data)
        # Nearly every head comes in one piece, which costs no timer.
        if self._is_in_head and self._head_timer is None:
            self._start_head_timer()
        if self._useless_bytes > self._max_head_bytes and not self.transport.is_closing():
            self._refuse(431)

    def on_message_begin(self) -> None:
        self._is_in_head = True
        self._unset_keepalive_if_required()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._end_head()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._useless_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._useless_bytes = 0
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start_write_timer()

    def resume_writing(self) -> None:
        self._end_write_timer()
        super().resume_writing()

    def _start_write_timer(self) -> None:
        unread = self.transport.get_write_buffer_size()
        self._write_timer = self.loop.call_later(self.timeout_keep_alive, self._end_unread, unread)

    def _end_unread(self, before: int) -> None:
        """Gives a client up that reads next to nothing: its request would be in progress for ever."""
        if before - self.transport.get_write_buffer_size() >= LEAST_READ_BYTES:
            self._start_write_timer()
        else:
            self.transport.abort()

    def _end_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _unset_keepalive_if_required(self) -> None:
        """Only a request ends the wait for one: not blank lines, not the rest of an old body."""
        if self._is_in_head:
            super()._unset_keepalive_if_required()

    def _end_head(self) -> None:
        self._is_in_head = False
        self._useless_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _start_head_timer(self) -> None:
        self._head_timer = self.loop.call_later(self._head_timeout, self._end_wait)

    def _end_wait(self) -> None:
        """Refuses the head, unless the request before it is why nothing is read."""
        if self._is_responding:
            self._start_head_timer()
        else:
            self._refuse(408)

    @property
    def _is_responding(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, status: int) -> None:
        """Closes the connection, with a response unless another one is on its way there."""
        if not self._is_responding:
            head = STATUS_LINE[status] + b"connection: close\r\ncontent-length: 0\r\n\r\n"
            self.transport.write(head)
        self.transport.close()
        left_out = _lines.take()
        if left_out is not None:
            client = self.client and self.client[0]
            line = logger.bind(status=status, client=client, left_out=left_out)
            line.warning("head of a request refused")
