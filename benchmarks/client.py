"""Drive a server from Python: where requests depend on responses, and where wrk is missing."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from itertools import count

from benchmarks.judging import percentile
from benchmarks.load import Load, Outcome

# It only ends a hang.
PATIENCE = 60


def drive(load: Load) -> Outcome:
    return asyncio.run(_drive(load))


async def _drive(load: Load) -> Outcome:
    driver = Driver(load)
    started = time.perf_counter()
    connections = load.endpoint.connections
    async with asyncio.timeout(load.seconds + PATIENCE), asyncio.TaskGroup() as tasks:
        for number in range(connections):
            first = load.chain[number] if load.endpoint.takes else {}
            tasks.create_task(driver.use_connection(first, started + load.seconds))
    seconds = time.perf_counter() - started
    times = sorted(driver.times)
    return Outcome(
        len(times), seconds, percentile(times, 50) * 1e3, percentile(times, 99) * 1e3, driver.failed
    )


@dataclass
class Driver:
    """What all connections of one load share."""

    load: Load
    times: list[float] = field(default_factory=list)
    failed: int = 0
    numbers: "count[int]" = field(default_factory=count)

    async def use_connection(self, taken: dict[str, str], end: float) -> None:
        """Send one request after the other, at least one; the last one is not abandoned."""
        reader, writer = await asyncio.open_connection(*self.load.address)
        while not self.times or time.perf_counter() < end:
            begun = time.perf_counter()
            writer.write(self._request(taken))
            status, body = await read_response(reader)
            self.times.append(time.perf_counter() - begun)
            if status != self.load.endpoint.status:
                self.failed += 1
            elif self.load.endpoint.takes:
                answered = json.loads(body)
                taken = {name: answered[name] for name in self.load.endpoint.takes}
        writer.close()
        await writer.wait_closed()

    def _request(self, taken: dict[str, str]) -> bytes:
        load, number = self.load, next(self.numbers)
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        values = {**taken, "number": f"{load.run}-{number}", "address": address}
        body = load.fill(load.endpoint.body, **values)
        host, port = load.address
        headers = {"Host": f"{host}:{port}", **load.headers(**values)}
        if body:
            headers["Content-Length"] = str(len(body))
        first = f"{load.endpoint.method} {load.fill(load.endpoint.path, **values)} HTTP/1.1"
        lines = [first, *(f"{name}: {value}" for name, value in headers.items()), "", body]
        return "\r\n".join(lines).encode()


async def read_response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head.split(None, 2)[1])
    _, _, after = head.partition(b"\r\ncontent-length:")
    return status, await reader.readexactly(int(after.split(None, 1)[0]) if after else 0)
