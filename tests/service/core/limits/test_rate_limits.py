import pytest

from app.core.limits.limiter import RateLimit
from app.core.limits.rate_limits import RateLimits, make_rate_limits


def make_limit(name: str, *paths: str) -> RateLimit:
    return RateLimit(name, requests=5, window_seconds=60, paths=paths)


def find(limits: RateLimits, path: str, method: str = "GET") -> str | None:
    limit = limits.find(method, path)
    return limit.name if limit else None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v1/auth/token", "sign-in"),
        ("/api/v1/auth/token/", "sign-in"),
        ("/api/v1/auth/tokens", "default"),
        ("/api/v1/auth/password-reset/confirm", "accounts"),
        ("/api/v1/auth/me", "default"),
        ("/", "default"),
        ("/nope\n\n", "default"),
        ("", "default"),
    ],
)
def test_the_platform_has_a_limit_for_each_path(path: str, name: str) -> None:
    limits = make_rate_limits([], requests=100, window_seconds=60)

    assert find(limits, path) == name


PROBES = ("/health", "/health/live", "/health/ready", "/metrics")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", PROBES)
def test_probes_and_scrapes_have_none(path: str, method: str) -> None:
    limits = make_rate_limits([], requests=100, window_seconds=60)

    assert find(limits, path, method) is None


@pytest.mark.parametrize("path", PROBES)
def test_exempt_is_the_probe_and_nothing_like_it(path: str) -> None:
    limits = make_rate_limits([], requests=100, window_seconds=60)
    likes = [f"{path}/x", f"{path}/", f"{path}y", f"{path}\n", f"/{path}", path.upper()]

    assert [find(limits, like) for like in likes] == ["default"] * len(likes)
    assert [find(limits, path, method) for method in ("POST", "OPTIONS")] == ["default"] * 2


@pytest.mark.parametrize(("requests", "strict"), [(100, (50, 10)), (1, (1, 1))])
def test_signing_in_is_limited_more_strictly(requests: int, strict: tuple[int, int]) -> None:
    limits = make_rate_limits([], requests=requests, window_seconds=60)
    paths = ("/api/v1/auth/token", "/api/v1/auth/register")

    assert tuple(limit.requests for path in paths if (limit := limits.find("POST", path))) == strict


def test_a_limit_of_the_team_comes_first() -> None:
    team = [make_limit("office", "/api/v1/auth/token"), make_limit("exports", "/api/v1/exports")]
    limits = make_rate_limits(team, requests=100, window_seconds=60)

    assert find(limits, "/api/v1/auth/token") == "office"
    assert find(limits, "/api/v1/exports/7") == "exports"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/orders/7/export", "exports"),
        ("/orders/7/export/pdf", "exports"),
        ("/orders/7", None),
        ("/orders//export", None),
        ("/orders/7/8/export", None),
        ("/a.b", "dots"),
        ("/a-b", None),
    ],
)
def test_a_path_may_leave_segments_open(path: str, name: str | None) -> None:
    limits = RateLimits([make_limit("exports", "/orders/{id}/export"), make_limit("dots", "/a.b")])

    assert find(limits, path) == name


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="two rate limits are called default"):
        make_rate_limits([make_limit("default", "/x")], requests=100, window_seconds=60)


@pytest.mark.parametrize(
    ("method", "path", "by_address"),
    [
        ("POST", "/api/v1/auth/token", True),
        ("HEAD", "/prices/7", True),
        ("GET", "/prices/7", True),
        ("GET", "/files/a/b", True),
        ("POST", "/prices/7", False),
        ("GET", "/prices/7/8", False),
        ("GET", "/prices", False),
        ("GET", "/api/v1/auth/token", False),
        ("GET", "/nope", False),
    ],
)
def test_routes_that_take_no_token_count_by_address(
    method: str, path: str, by_address: bool
) -> None:
    public = {"POST /api/v1/auth/token", "GET /prices/{id}", "GET /files/{path:path}"}
    limits = RateLimits([make_limit("default", "/")], public=public)

    assert limits.counts_by_address(method, path) is by_address
