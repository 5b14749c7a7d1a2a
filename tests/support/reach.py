"""Which of the platform's own tests an answer can change.

The suite runs whole with all options, on SQLite and on real servers, and with none. In other
services, and on other servers, run those tests that reach a file that no whole run had.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from tests.service.support.optional import without_subject
from tests.support.clean import own_files

# By the beginning of a file's path: the tests of tests/service that reach it.
REACH = {
    "app/api/state.py": ["api/test_deps.py", "test_lifespan.py"],
    "app/api/v1/stats.py": ["cache/test_stats.py"],
    "app/api_router.py": ["api/test_openapi.py", "test_main.py"],
    "app/cache/": [
        "api/test_health.py",
        "auth/test_password_sign_in.py",
        "cache",
        "middleware/test_rate_limit.py",
        "services/test_accounts.py",
    ],
    "app/clients/sentry.py": ["clients"],
    "app/commands/checking.py": ["test_commands.py"],
    "app/core/credentials/jws.py": [
        "api/test_auth.py",
        "api/test_jwks.py",
        "auth",
        "core/credentials",
        "core/test_settings.py",
        "middleware/test_rate_limit.py",
        "test_commands.py",
    ],
    "app/core/platform_settings.py": ["core/settings", "core/test_settings.py"],
    "app/core/settings/project.py": [
        "api/test_docs.py",
        "api/test_health.py",
        "api/test_openapi.py",
        "auth",
        "cache",
        "clients",
        "commands/test_version.py",
        "core/credentials",
        "core/test_logging.py",
        "core/test_settings.py",
        "services/test_mailer.py",
        "test_commands.py",
    ],
    "app/core/settings/redis.py": ["core/settings", "core/test_settings.py"],
    "app/core/settings/sentry.py": ["core/settings", "clients"],
    "app/core/settings/tracing.py": ["core/settings", "tracing"],
    "app/crud/stats.py": ["cache/test_stats.py"],
    "app/db/migrations/": ["api/test_health.py", "db/migrations", "db/test_rls.py"],
    "app/db/tables.py": ["db/test_tables.py"],
    "app/edge.py": ["middleware/test_server_spans.py", "test_edge.py", "test_main.py"],
    "app/lifespan.py": [
        "api/test_health.py",
        "api/test_health_checks.py",
        "middleware/test_server_spans.py",
        "test_lifespan.py",
        "test_main.py",
    ],
    "app/middleware/server_spans.py": ["middleware/test_server_spans.py"],
    "app/schemas/stats.py": ["cache/test_stats.py"],
    "app/services/stats.py": ["cache/test_stats.py"],
    "app/tracing/": ["middleware/test_server_spans.py", "tracing"],
    "scripts/create_tables.py": ["scripts/test_create_tables.py"],
}

STARTING = ["test_lifespan.py", "test_main.py"]


def changed_code(service: Path, others: Iterable[Path]) -> set[str]:
    """Return the files of code in which a service, as rendered, differs from one of the others."""
    files = own_files(service)
    changed = {
        name
        for other in map(own_files, others)
        for name in files.keys() | other.keys()
        if files.get(name) != other.get(name)
    }
    return {name for name in changed if re.match(r"(app|scripts)/.*\.py$", name)}


def reached(service: Path, others: Iterable[Path]) -> list[str]:
    """Return the tests to run in a service when suites run whole in the others.

    A file as one of the others has it was tested there. Each service starts once at least.
    """
    changed = set.intersection(*(changed_code(service, [other]) for other in others))
    tests = {
        test
        for name in changed
        for path, reaching in REACH.items()
        if name.startswith(path)
        for test in reaching
    }
    absent = tuple(without_subject(service))
    return sorted(test for test in {*tests, *STARTING} if not test.startswith(absent))
