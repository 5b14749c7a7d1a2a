from time import monotonic


class Sampler:
    """Lets a few through in each second, and counts the others."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._second = 0
        self._taken = 0
        self._left_out = 0

    def take(self) -> int | None:
        """Returns how many were left out since the last one; None for one that is left out."""
        second = int(monotonic())
        if second != self._second:
            self._second, self._taken = second, 0
        if self._taken == self._per_second:
            self._left_out += 1
            return None
        self._taken += 1
        left_out, self._left_out = self._left_out, 0
        return left_out
