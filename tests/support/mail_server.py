"""A mail server over TLS that takes mails of those who know one of its passwords."""

import base64
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

from tests.support.certificates import make_certificate


class MailServer(ThreadingTCPServer):
    """Knows passwords, and counts the mails that each has sent."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.sent: dict[str, int] = {}
        made = make_certificate()
        self.roots = folder / "roots.pem"
        self.roots.write_text(made.roots, encoding="utf-8")
        own = folder / "server.pem"
        own.write_text(made.certificate + made.key, encoding="utf-8")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(own)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def url(self, password: str) -> str:
        return f"smtps://shop:{password}@127.0.0.1:{self.server_address[1]}"


class Conversation(StreamRequestHandler):
    """As much of RFC 5321 and RFC 4954 as the service speaks."""

    server: MailServer

    def handle(self) -> None:
        password = ""
        self.say("220 mail")
        while line := self.rfile.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            if verb == "EHLO":
                self.say("250-mail", "250 AUTH PLAIN")
            elif verb == "AUTH":
                password = base64.b64decode(rest.split()[1]).decode().split("\0")[2]
                self.say("235 OK" if password in self.server.sent else "535 No")
            elif verb == "DATA":
                self.say("354 Go on")
                while self.rfile.readline() != b".\r\n":
                    pass
                self.server.sent[password] += 1
                self.say("250 OK")
            else:
                self.say("221 Bye" if verb == "QUIT" else "250 OK")

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


@contextmanager
def mail_server(folder: Path) -> Iterator[MailServer]:
    with MailServer(folder) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
