from time import monotonic


class Breaker:
    """A circuit breaker: while it is open, one caller per period tries the server again."""

    def __init__(self, period: float) -> None:
        self._period = period
        self._open_until: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether the last attempt failed."""
        return self._open_until is not None

    def allows(self) -> bool:
        """Returns whether to try now. Follow it by `succeeded` or `failed`."""
        if self._open_until is None:
            return True
        if monotonic() < self._open_until:
            return False
        self.failed()  # the others wait for this caller's result
        return True

    def succeeded(self) -> None:
        self._open_until = None

    def failed(self) -> None:
        self._open_until = monotonic() + self._period
