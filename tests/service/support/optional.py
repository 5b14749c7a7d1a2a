"""What a service has only with some answers, and the tests and helpers of it."""

from pathlib import Path

OPTIONAL = {
    "app/cache": ["cache", "core/settings/test_redis.py", "support/clocks.py", "support/shelf.py"],
    "app/clients/sentry.py": ["clients", "core/settings/test_sentry.py", "support/envelopes.py"],
    "app/db/migrations": ["db/migrations"],
    "app/db/tables.py": ["db/test_tables.py"],
    "app/tracing/redis_commands.py": ["tracing/test_redis_commands.py"],
    "app/tracing": ["middleware/test_server_spans.py", "support/spans.py", "tracing"],
    "scripts/create_tables.py": ["scripts/test_create_tables.py"],
}


def without_subject(service: Path) -> list[str]:
    """Return the tests of what this service has not."""
    return [
        test for path, tests in OPTIONAL.items() if not (service / path).exists() for test in tests
    ]
