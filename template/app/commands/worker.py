"""One of several processes that serve, as the supervisor starts it."""

import os
import signal
from socket import socket
from threading import Thread

from app.commands.server import run_server
from app.core.config import Settings


def work(settings: Settings, lifeline: int, listeners: list[int]) -> None:
    """Serves on inherited sockets until a signal, or until the supervisor is gone.

    The lifeline leads to the supervisor: a byte there says that the worker has started.
    """
    line, *sockets = (socket(fileno=number) for number in (lifeline, *listeners))
    for inherited in (line, *sockets):
        # A child of a worker would keep the port, and the line, when the worker is gone.
        inherited.set_inheritable(False)
    Thread(target=_end_with, args=[line], name="lifeline", daemon=True).start()
    # A supervisor that is told twice kills it. An init that signals a whole group, as systemd does, tells
    # each worker twice without meaning it.
    run_server(settings, sockets, on_started=lambda: line.send(b"."), on_second_signal=lambda: None)


def _end_with(line: socket) -> None:
    """Ends the worker when the line ends, which no death of the supervisor forgets.

    Without a drain: whatever starts the service again needs the port.
    """
    line.recv(1)
    os.kill(os.getpid(), signal.SIGINT)
