"""What /metrics shows of one series."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY


def read(name: str, **labels: str) -> float:
    """Returns the value of a series.

    Raises:
        AssertionError: it has not begun.
    """
    value = REGISTRY.get_sample_value(name, labels)
    assert value is not None, f"there is no {name}{labels}"
    return value


@contextmanager
def moving(name: str, by: float = 1, **labels: str) -> Iterator[None]:
    """Asserts how far the block moves a counter that has begun."""
    before = read(name, **labels)
    yield
    assert read(name, **labels) - before == by
