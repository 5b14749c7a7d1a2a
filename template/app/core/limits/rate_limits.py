"""The one table of limits, and which of them a request comes under.

Limits stand before the router, so that what is refused costs nothing; a request's is found by its path.
"""

import re
from collections.abc import Sequence

from app.core.http.probes import is_from_platform
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
    """The first limit that has the path of a request is the request's, and no other."""

    def __init__(self, limits: Sequence[RateLimit]) -> None:
        names = [limit.name for limit in limits]
        if taken := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two rate limits are called {', '.join(sorted(taken))}")
        self._limits = [(_compile(limit.paths), limit) for limit in limits]

    def find(self, method: str, path: str) -> RateLimit | None:
        if is_from_platform(method, path):
            return None
        return next((limit for paths, limit in self._limits if paths.match(path)), None)


def make_rate_limits(
    team: Sequence[RateLimit], *, requests: int, window_seconds: int
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
    return RateLimits([*team, *platform])


def _compile(paths: Sequence[str]) -> re.Pattern[str]:
    # As the router does it, `$` lets a newline follow; else %0A behind a path would evade its limit.
    either = "|".join(map(_to_regex, paths))
    return re.compile(f"(?:{either})(?:/.*)?$", re.DOTALL)


def _to_regex(path: str) -> str:
    segments = path.strip("/").split("/")
    return "".join(
        "/[^/]+" if re.fullmatch(r"\{.+\}", segment) else f"/{re.escape(segment)}"
        for segment in segments
        if segment
    )
