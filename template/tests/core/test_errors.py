import pytest

from app.core.errors import ServiceUnavailableError


@pytest.mark.parametrize(("seconds", "header"), [(0, "1"), (0.2, "1"), (1, "1"), (1.001, "2")])
def test_a_wait_is_in_whole_seconds_and_never_too_short(seconds: float, header: str) -> None:
    assert ServiceUnavailableError(retry_after=seconds).headers == {"Retry-After": header}


def test_errors_do_not_share_their_wait() -> None:
    one = ServiceUnavailableError(retry_after=9)

    assert ServiceUnavailableError().headers == {"Retry-After": "1"}
    assert one.headers == {"Retry-After": "9"}
