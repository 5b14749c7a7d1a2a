"""The scan for secrets of a service: it finds what is planted, and nothing in a fresh service."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.rendering import clean_environment, git, run
from tests.support.services import EVERYTHING, Services

SCAN = "scripts/scan_secrets.sh"
# By the file that has it. In parts, so that no scan of this repository finds them.
PLANTED = {
    "aws.py": 'key = "AKIA' + 'QWERTYUIOPASDFGH"',
    "database.yaml": "DATABASE_URL: postgresql://app:" + "Kw7XqZt9Rm@db/app",
    "github.md": "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8",
    "key.txt": "-----BEGIN EC " + "PRIVATE KEY-----\nMHcCAQEEIJ2l",
    "mail.py": 'smtp = "smtps://user:' + 'Hq8vTz4KcW1nXs@mail.shop.example"',
    "production.env": "JWT_SECRET=" + "Zp3kVd0Rw9sXq7LmTf2HbYc8NgJ5uAe1",
    "redis.sh": "export REDIS_PASSWORD=" + "Hq8vTz4KcW1nXs6R",
    "slack.txt": "xoxb-" + "123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
    "stripe.txt": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "token.py": 'METRICS_TOKEN = "' + 'Hq8vTz4KcW1nXs6Rb9LyGd3Mf0PjUe7A"',
}


@pytest.fixture(scope="module")
def service(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service whose files git knows."""
    service = services.copied(EVERYTHING.answers, tmp_path_factory.mktemp("scan") / "service")
    git(service, "init", "--quiet")
    git(service, "add", "--all")
    return service


def scan(service: Path, *files: str) -> set[str]:
    """Return the files in which a scan finds something; it says no more of it."""
    done = subprocess.run(
        [SCAN, *files],
        cwd=service,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert [name for name, line in PLANTED.items() if line[-12:-1] in said] == []
    return set(re.findall(r"^Location: +(.+):\d+$", said, re.MULTILINE))


def plant(service: Path, folder: str, mark: str = "") -> list[str]:
    (service / folder).mkdir()
    for name, line in PLANTED.items():
        (service / folder / name).write_text(f"{line}{mark}\n", encoding="utf-8")
    return [f"{folder}/{name}" for name in PLANTED]


def test_of_a_fresh_service_only_what_is_planted_is_found(service: Path) -> None:
    files = plant(service, "planted")

    assert scan(service) == set(files)
    assert scan(service, *files[:3]) == set(files[:3])


def test_exceptions_are_marked_or_listed(service: Path) -> None:
    marked = plant(service, "marked", mark="  # pragma: allowlist secret")
    run(service, SCAN, *(name for name in marked if name.endswith((".py", ".yaml", ".sh"))))

    listed = plant(service, "listed")
    baseline = run(service, ".venv/bin/detect-secrets", "scan", "--no-verify", *listed)
    (service / ".secrets.baseline").write_text(baseline, encoding="utf-8")
    run(service, SCAN, *listed)
    (service / "listed/new.txt").write_text(PLANTED["stripe.txt"], encoding="utf-8")
    assert scan(service, *listed, "listed/new.txt") == {"listed/new.txt"}
