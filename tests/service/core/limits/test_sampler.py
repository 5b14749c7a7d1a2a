import pytest

from app.core.limits import sampler
from app.core.limits.sampler import Sampler


def test_a_few_pass_in_each_second_and_the_others_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(sampler, "monotonic", lambda: now)
    subject = Sampler(per_second=2)

    assert [subject.take() for _ in range(5)] == [0, 0, None, None, None]
    now += 1
    assert [subject.take() for _ in range(3)] == [3, 0, None]
