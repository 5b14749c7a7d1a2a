import pytest

from app.cache import breaker
from app.cache.breaker import Breaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(breaker, "monotonic", clock)
    return clock


def test_the_breaker_is_closed_until_a_failure(clock: Clock) -> None:
    subject = Breaker(period=2)
    assert subject.allows()

    subject.failed()
    assert not subject.allows()


def test_after_its_period_one_caller_tries(clock: Clock) -> None:
    subject = Breaker(period=2)
    subject.failed()
    clock.now += 2

    assert subject.allows()
    assert not subject.allows()


def test_a_success_closes_it(clock: Clock) -> None:
    subject = Breaker(period=2)
    subject.failed()
    subject.succeeded()

    assert subject.allows()
    assert subject.allows()
