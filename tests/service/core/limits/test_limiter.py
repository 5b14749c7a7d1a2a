import pytest

from app.core.limits.limiter import MAX_REQUESTS, RateLimit


@pytest.mark.parametrize("name", ["", "Sign in", 'a"b', "x" * 41])
def test_a_name_can_stand_in_a_header(name: str) -> None:
    with pytest.raises(ValueError, match="a limit's name"):
        RateLimit(name, requests=1, window_seconds=1, paths=("/",))


@pytest.mark.parametrize(("requests", "window_seconds"), [(0, 1), (MAX_REQUESTS + 1, 1), (1, 0)])
def test_a_limit_can_be_kept(requests: int, window_seconds: int) -> None:
    with pytest.raises(ValueError, match="1 to 10000 requests"):
        RateLimit("x", requests=requests, window_seconds=window_seconds, paths=("/",))


@pytest.mark.parametrize("paths", [(), ("api",)])
def test_a_limit_is_for_paths(paths: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="name the paths"):
        RateLimit("x", requests=1, window_seconds=1, paths=paths)
