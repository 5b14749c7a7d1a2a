"""Requests that come from the platform that runs the service: probes of health, and scrapes."""

PROBES = frozenset({"/health", "/health/live", "/health/ready"})
SCRAPES = frozenset({"/metrics"})


def is_from_platform(method: str, path: str) -> bool:
    """Whether it is exactly a probe or a scrape: those must not fail when the service is busy."""
    return path in PROBES | SCRAPES and method in ("GET", "HEAD")
