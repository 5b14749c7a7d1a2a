"""A proxy that counts how often a client waits for a server."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from selectors import EVENT_READ, DefaultSelector
from socket import create_connection, socket
from urllib.parse import urlsplit


class CountingProxy(socketserver.ThreadingTCPServer):
    """Hands on what is said in both directions, whatever the protocol.

    A round trip begins when the client speaks after the server did. Statements that are sent
    together are one, and so is a response that comes in pieces.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        super().__init__(("127.0.0.1", 0), _Relay)
        self.server = (self._target.hostname or "127.0.0.1", self._target.port or 0)
        self.round_trips = 0
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return self.reach(self._target.geturl())

    def reach(self, url: str) -> str:
        """Make a URL of the server one of this proxy."""
        target = urlsplit(url)
        login, at, _ = target.netloc.rpartition("@")
        return target._replace(netloc=f"{login}{at}127.0.0.1:{self.server_address[1]}").geturl()

    def count(self) -> None:
        with self._lock:
            self.round_trips += 1


class _Relay(socketserver.BaseRequestHandler):
    server: CountingProxy

    def handle(self) -> None:
        client: socket = self.request
        with create_connection(self.server.server) as server, DefaultSelector() as readable:
            peers = {client: server, server: client}
            for peer in peers:
                readable.register(peer, EVENT_READ, peer)
            speaker = server
            while True:
                for key, _ in readable.select():
                    was_speaking, speaker = speaker, key.data
                    said = speaker.recv(65536)
                    if not said:
                        return
                    if speaker is client and was_speaking is server:
                        self.server.count()
                    peers[speaker].sendall(said)


@contextmanager
def counting(url: str) -> Iterator[CountingProxy]:
    """Put a proxy in front of the server of a URL, until the block ends."""
    with CountingProxy(url) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
