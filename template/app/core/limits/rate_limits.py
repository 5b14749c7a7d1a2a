"""The one table of limits, and which of them a request comes under.

Limits stand before the router, so that what is refused costs nothing; a request's is found by its path.
"""

from collections.abc import Collection, Sequence

from app.core.http.paths import compile_operations, compile_paths
from app.core.http.probes import is_from_platform
from app.core.limits.decisions import start_counting
from app.core.limits.limiter import RateLimit

SIGN_IN = ("/api/v1/auth/token",)
# What few people do twice, and what sends mails or makes accounts.
ACCOUNTS = (
    "/api/v1/auth/register",
    "/api/v1/auth/verify-email",
    "/api/v1/auth/password-reset",
    "/api/v1/invitations/accept",
)


class RateLimits:
    """The first limit that has the path of a request is the request's, and no other.

    `public` names the operations that take no token, as "GET /prices/{id}".
    """

    def __init__(self, limits: Sequence[RateLimit], *, public: Collection[str] = ()) -> None:
        names = [limit.name for limit in limits]
        if taken := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two rate limits are called {', '.join(sorted(taken))}")
        for name in names:
            start_counting(name)
        self._limits = [(compile_paths(limit.paths), limit) for limit in limits]
        self._public = compile_operations(public)

    def find(self, method: str, path: str) -> RateLimit | None:
        if is_from_platform(method, path):
            return None
        return next((limit for paths, limit in self._limits if paths.fullmatch(path)), None)

    def counts_by_address(self, method: str, path: str) -> bool:
        """Whether the route takes no token, so that one that is sent opens no second limit."""
        paths = self._public.get("GET" if method == "HEAD" else method)
        return paths is not None and paths.fullmatch(path) is not None


def make_rate_limits(
    team: Sequence[RateLimit],
    *,
    requests: int,
    window_seconds: int,
    public: Collection[str] = (),
) -> RateLimits:
    """Returns the team's limits and, behind them, the platform's.

    Raises:
        ValueError: if two have the same name.
    """
    platform = [
        # Half, and not less: the users of an office share its address, and refresh there as well.
        RateLimit("sign-in", max(1, requests // 2), window_seconds, SIGN_IN),
        RateLimit("accounts", max(1, requests // 10), window_seconds, ACCOUNTS),
        RateLimit("default", requests, window_seconds, ("/",)),
    ]
    return RateLimits([*team, *platform], public=public)
