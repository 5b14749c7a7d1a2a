"""How many requests a client may send in any window of so many seconds."""

import re
from dataclasses import dataclass
from typing import Protocol

# Every request in the window is remembered, so a limit has a limit.
MAX_REQUESTS = 10_000

_NAME = re.compile(r"[a-z0-9-]{1,40}")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A limit of its own for a group of paths; each client has all of it.

    A path stands for itself and for what is below it, `{...}` in it for any one segment.

    Raises:
        ValueError: it could not be kept, or not be shown to clients.
    """

    name: str
    requests: int
    window_seconds: int
    paths: tuple[str, ...]

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r}: a limit's name has up to 40 of a-z, 0-9 and '-'")
        if not 1 <= self.requests <= MAX_REQUESTS or self.window_seconds < 1:
            raise ValueError(f"{self.name}: 1 to {MAX_REQUESTS} requests in a second or more")
        if not self.paths or not all(path.startswith("/") for path in self.paths):
            raise ValueError(f"{self.name}: name the paths, each from its '/' on")


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a request may go on, and how many more could. `reset` is in seconds.

    After that time the oldest request that counts has left the window, and one more is free.
    """

    allowed: bool
    remaining: int
    reset: float


class Limiter(Protocol):
    async def hit(self, limit: RateLimit, client: str) -> Decision | None:
        """Counts a request unless it is one too many; returns None when that is unknown."""
