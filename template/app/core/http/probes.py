"""Requests that come from the platform that runs the service: probes of health, and scrapes."""

PROBES = frozenset({"/health", "/health/live", "/health/ready"})
SCRAPES = frozenset({"/metrics"})
_EXEMPT = PROBES | SCRAPES


def is_from_platform(method: str, path: str) -> bool:
    """Whether it is exactly a probe or a scrape: those must not fail when the service is busy."""
    return path in _EXEMPT and method in ("GET", "HEAD")
