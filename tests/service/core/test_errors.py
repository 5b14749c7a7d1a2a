import pytest

from app.core.errors import RetryLaterError, ServiceUnavailableError, TooManyRequestsError


@pytest.mark.parametrize(("seconds", "header"), [(0, "1"), (0.2, "1"), (1, "1"), (1.001, "2")])
def test_a_wait_is_in_whole_seconds_and_never_too_short(seconds: float, header: str) -> None:
    assert ServiceUnavailableError(retry_after=seconds).headers == {"Retry-After": header}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (TooManyRequestsError, 429, "too_many_requests"),
        (ServiceUnavailableError, 503, "service_unavailable"),
    ],
)
def test_an_error_that_passes_has_its_status(
    error: type[RetryLaterError], status: int, code: str
) -> None:
    assert (error.status, error.code) == (status, code)


def test_errors_do_not_share_their_wait() -> None:
    one = ServiceUnavailableError(retry_after=9)

    assert ServiceUnavailableError().headers == {"Retry-After": "1"}
    assert one.headers == {"Retry-After": "9"}
