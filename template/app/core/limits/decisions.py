"""What limiters decide, counted."""

from functools import lru_cache

from prometheus_client import Counter

from app.core.limits.limiter import Decision, RateLimit

decisions = Counter(
    "rate_limit_decisions",
    "Requests by what the limiter said: `allowed`, `refused`, or `unknown` when it could not tell.",
    ["policy", "outcome"],
)


def start_counting(policy: str) -> None:
    """Starts the series of a policy at 0, so that its first refusal is a rate already."""
    for outcome in ("allowed", "refused", "unknown"):
        _series(policy, outcome)


def count_decision(limit: RateLimit, decision: Decision | None) -> None:
    outcome = "unknown" if decision is None else "allowed" if decision.allowed else "refused"
    _series(limit.name, outcome).inc()


# The policies of one service, times three.
@lru_cache(maxsize=1024)
def _series(policy: str, outcome: str) -> Counter:
    return decisions.labels(policy, outcome)
