"""The platform's own tests. They run in a rendered service: `service_suite` in tests/support."""

from pathlib import Path

# What a service has only with some answers, and the tests of it.
OPTIONAL = {
    "app/cache": ["cache"],
    "app/db/migrations": ["db/migrations"],
    "scripts/create_tables.py": ["scripts/test_create_tables.py"],
}
collect_ignore = [
    test for path, tests in OPTIONAL.items() if not Path(path).exists() for test in tests
]
