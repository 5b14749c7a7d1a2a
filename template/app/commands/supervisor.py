"""Keeps several processes running that serve on the same sockets."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from socket import socket, socketpair
from time import monotonic

from loguru import logger
from prometheus_client.multiprocess import mark_process_dead

from app.commands.counts import reserve
from app.commands.server import FAILED

# In seconds. The pause before a restart doubles with each death, until a worker lives for long.
FIRST_PAUSE, LONGEST_PAUSE, LONG_LIFE = 0.5, 30.0, 60.0
# How each may end that was told to; the signals are for those that do not serve yet.
CLEAN_ENDINGS = (0, -signal.SIGTERM, -signal.SIGINT)
# Signals that nobody has to send.
SENT_WHEN = {
    "SIGBUS": "SIGBUS, as when TMPDIR is full",
    "SIGKILL": "SIGKILL, as when memory is used up",
    "SIGSEGV": "SIGSEGV, a fault in a library's own code",
}
# Workers end by themselves before their supervisor ends them.
MARGIN_SECONDS = 1


def explain(ending: int | str) -> int | str:
    """Returns an exit code as it is, and a signal by its name, with what mostly sends it."""
    if isinstance(ending, str) or ending >= 0:
        return ending
    try:
        name = signal.Signals(-ending).name
    except ValueError:
        return f"signal {-ending}"
    return SENT_WHEN.get(name, name)


class Supervisor:
    """Starts workers, and starts each again that dies.

    Before any has served, one that dies ends the service: its fault is that of all.
    """

    def __init__(self, bound: asyncio.Server, counts: str, stop_seconds: float) -> None:
        self._bound = bound
        self._stop_seconds = stop_seconds
        self._listeners = [listener.fileno() for listener in bound.sockets]
        self._counts = counts
        self._running: set[Process] = set()
        # Those that serve: one that does not yet would die of a signal that it does not know.
        self._serving: set[Process] = set()
        self._stopping = asyncio.Event()
        self._has_served = False
        self._exit_code = 0

    async def run(self, workers: int) -> int:
        """Returns the exit code: 0 if a signal ended the workers, and they did so by themselves."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number)
        logger.bind(workers=workers).info("supervisor started")
        keepers = asyncio.gather(*(self._keep(place) for place in range(1, workers + 1)))
        await self._stopping.wait()
        try:
            await asyncio.wait_for(asyncio.shield(keepers), self._stop_seconds + MARGIN_SECONDS)
        except TimeoutError:
            self._end_all(signal.SIGKILL)
            await keepers
        return self._exit_code

    def hand_on(self, number: signal.Signals) -> None:
        """Sends the signal to all workers that serve."""
        for process in self._serving:
            with suppress(ProcessLookupError):
                process.send_signal(number)

    def _stop(self, number: signal.Signals) -> None:
        """Ends all workers: as the signal says, and at once when told again."""
        # The last that holds the sockets refuses who connects: until then they would wait.
        self._bound.close()
        self._end_all(signal.SIGKILL if self._stopping.is_set() else number)
        self._stopping.set()

    def _end_all(self, number: signal.Signals) -> None:
        for process in self._running:
            with suppress(ProcessLookupError):
                process.send_signal(number)

    async def _keep(self, place: int) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            started = monotonic()
            ending = await self._run_worker(place)
            if self._stopping.is_set():
                self._judge(ending)
                return
            if not self._has_served:
                logger.bind(ending=explain(ending)).error("worker failed to start, ending")
                self._exit_code = FAILED
                self._stop(signal.SIGTERM)
                return
            if monotonic() - started >= LONG_LIFE:
                pause = FIRST_PAUSE
            logger.bind(ending=explain(ending), restart_in=pause).error("worker died")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _judge(self, ending: int | str) -> None:
        if ending not in CLEAN_ENDINGS:
            logger.bind(ending=explain(ending)).error("worker did not end its work")
            self._exit_code = FAILED

    async def _run_worker(self, place: int) -> int | str:
        """Returns how the worker ended: its exit code, negative for a signal, or why it never began."""
        ours, theirs = socketpair()
        with ours:
            try:
                reserve(self._counts, place)
                process = await self._start_worker(theirs, place)
            except OSError as exc:
                return str(exc.strerror)
            self._running.add(process)
            if self._stopping.is_set():
                process.terminate()
            ours.setblocking(False)
            # A byte when it has started, the end of the stream when it is gone.
            if await asyncio.get_running_loop().sock_recv(ours, 1):
                self._has_served = True
                self._serving.add(process)
                logger.bind(worker=process.pid).info("worker started")
            code = await process.wait()
        self._running.discard(process)
        self._serving.discard(process)
        mark_process_dead(place, self._counts)  # type: ignore[no-untyped-call] # has no types
        return code

    async def _start_worker(self, lifeline: socket, place: int) -> Process:
        """Gives the lifeline to the worker alone: it has to end with that process."""
        inherited = (lifeline.fileno(), *self._listeners)
        with lifeline:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "app", "serve-worker", *map(str, inherited)),
                stdin=DEVNULL,
                pass_fds=inherited,
                # Read when prometheus_client is imported: a process that begins with it counts there.
                env=os.environ
                | {"PROMETHEUS_MULTIPROC_DIR": self._counts, "WORKER_PLACE": str(place)},
                # Ctrl-C is for the supervisor, which then ends the workers.
                process_group=0,
            )
