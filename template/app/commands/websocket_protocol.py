"""uvicorn's protocol of websockets, without its line for each handshake, and with a last word."""

import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app.commands.server import LEAVE

TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"connection: close\r\n"
    b"content-length: 0\r\n"
    b"\r\n"
)


# uvicorn's own logs the query of a handshake, tokens included, at INFO.
_logger = logging.getLogger("uvicorn.websockets")
_logger.setLevel(logging.WARNING)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A handshake has a `Connection` of its own, also while the process drains.
        self.default_headers = [pair for pair in self.default_headers if pair != LEAVE]
        self.logger = self.conn.logger = _logger

    def data_received(self, data: bytes) -> None:
        """Refuses a handshake with a line or a number of headers beyond what the library reads.

        Left open it would also break the shutdown of the process.
        """
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_complete = self.close_sent = True
            self.transport.write(TOO_LARGE)
            self.transport.close()
