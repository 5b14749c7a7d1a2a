import asyncio
from asyncio.subprocess import Process
from pathlib import Path
from socket import socket

import pytest

from app.commands.supervisor import Supervisor, explain


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has room for no further process."""

    async def start(_: Supervisor, lifeline: socket, place: int) -> Process:
        lifeline.close()
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(Supervisor, "_start_worker", start)


@pytest.mark.usefixtures("crowded")
async def test_a_machine_without_room_for_workers_ends_the_service(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(10):
        bound = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, start_serving=False)
        async with bound:
            assert await Supervisor(bound, str(tmp_path), stop_seconds=1).run(workers=2) == 1
    for number in (2, 15):
        loop.remove_signal_handler(number)


def test_endings_are_explained() -> None:
    endings: list[int | str] = [0, 3, -7, -15, -64, "No space left on device"]

    assert [explain(ending) for ending in endings] == [
        0,
        3,
        "SIGBUS, as when TMPDIR is full",
        "SIGTERM",
        "SIGRTMAX",
        "No space left on device",
    ]
    assert explain(-200) == "signal 200"
