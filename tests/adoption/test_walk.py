"""docs/adopting.md takes a flat backend through all steps; each is green and loses nothing."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from shutil import copytree, ignore_patterns
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from tests.adoption.old_client import ANN, GONE, OldClient
from tests.adoption.seed_rows import USERS
from tests.adoption.support import HERE, Repository, Step, begin_repository, read_steps
from tests.support.releases import LINES, NEWER, Releases, conflicts, update
from tests.support.rendering import TEMPLATE_FILES, copy_template, git
from tests.support.server_process import free_port
from tests.support.servers import Postgres, Redis
from tests.support.shared import once
from tools.running import running

# The steps in which `uvicorn backend.main:app` is what is left of the old start.
WRAPPED = range(4, 9)
MIGRATED, LIMITED = 6, 8
KEY = "the key of the old backend, long enough for HS256"


@pytest.fixture
def begun(shared: Path, releases: Releases) -> Path:
    """A folder with a clone of this repository and one of a team after its first step."""

    def begin(place: Path) -> None:
        (place / "groundwork").mkdir(parents=True)
        groundwork = copy_template(place / "groundwork", (*TEMPLATE_FILES, "tools"))
        begin_repository(place / "notes", groundwork).take(read_steps()[0])
        git(groundwork, "fetch", "--quiet", str(releases.template), "tag", NEWER)

    return once(shared / "adoption", begin)


@pytest.fixture
def repository(begun: Path, any_url: str, redis: Redis, tmp_path: Path) -> Repository:
    notes = tmp_path / "notes"
    copytree(begun / "notes", notes, ignore=ignore_patterns(".venv"))
    (notes / ".venv").symlink_to(begun / "notes" / ".venv")
    # What .gitignore names is a folder.
    (notes / ".git/info/exclude").write_text(".venv\n", encoding="utf-8")
    environment = {
        "DATABASE_URL": any_url,
        "REDIS_URL": redis.empty_url(0),
        "SECRET_KEY": KEY,
        "TOKEN_MINUTES": "600",
        "BCRYPT_ROUNDS": "5",
        "PYTHONWARNINGS": "default::DeprecationWarning",
    }
    return Repository(notes, begun / "groundwork", environment)


def test_a_flat_backend_moves_step_by_step(
    repository: Repository, request: pytest.FixtureRequest
) -> None:
    on_postgresql = repository.environment["DATABASE_URL"].startswith("postgresql")
    if on_postgresql:
        postgres: Postgres = request.getfixturevalue("postgres")
        # For `make check` of the last step.
        repository.environment["TEST_DATABASE_URL"] = postgres.create_database()
        repository.environment["ADMIN_URL"] = postgres.admin_url
    client = OldClient()
    repository.run(f".venv/bin/python {HERE / 'seed_rows.py'}")
    for step in read_steps():
        if step.number > 1:
            repository.take(step, tests_alone=not on_postgresql)
        go_back_and_forth(repository, step, client)
        with served(repository, step.number) as http:
            if not client.token:
                client.begin(http)
            client.use(http)
            see_what_is_on(http, step.number)
        see_what_is_left(repository, step.number)

    hashes = [
        query(repository, f"SELECT password_hash FROM users WHERE email = '{email}'")  # noqa: S608 - ours
        for email in (ANN, GONE)
    ]
    assert [each[:4] for each in hashes] == ["$arg", "$2b$"]
    assert nothing_is_left(repository.folder)
    update(repository.folder, NEWER)
    assert conflicts(repository.folder) == []
    assert LINES[NEWER] in (repository.folder / "app/main.py").read_text(encoding="utf-8")
    assert "notes" in (repository.folder / "app/services/notes.py").read_text(encoding="utf-8")


def see_what_is_on(http: httpx.Client, number: int) -> None:
    """Look at what the platform does in this step, and not yet in the one before."""
    response = http.get("/me")
    assert ("x-content-type-options" in response.headers) is (number >= min(WRAPPED))
    assert ("ratelimit" in response.headers) is (number >= LIMITED)
    assert (http.get("/health/ready").status_code == 200) is (number >= MIGRATED)


def see_what_is_left(repository: Repository, number: int) -> None:
    """Count the rows, and look for code in what the old backend still has."""
    counts = [query(repository, f"SELECT count(*) FROM {table}") for table in ("users", "labels")]  # noqa: S608 - ours
    assert counts == [str(len(USERS))] * 2
    assert int(query(repository, "SELECT count(*) FROM notes")) >= 3 * len(USERS) + number
    if number in WRAPPED or number == min(WRAPPED) - 1:
        wrapper = {"main.py"} if number in WRAPPED else {"main.py", "create_tables.py"}
        for module in (repository.folder / "backend").glob("*.py"):
            lines = module.read_text(encoding="utf-8").splitlines()
            exports = [line for line in lines if re.fullmatch(r"from app\.[\w.]+ import \*", line)]
            assert exports == lines or module.name in wrapper


@contextmanager
def served(repository: Repository, number: int) -> Iterator[httpx.Client]:
    """Start what deployments of this step start, the old path as long as there is one."""
    port = free_port()
    command = [".venv/bin/uvicorn", "backend.main:app", "--port", str(port)]
    if number > max(WRAPPED):
        command = [".venv/bin/python", "-m", "app", "serve"]
    log = repository.folder.parent / f"step-{number}.log"
    environment = repository.variables() | {"PORT": str(port)}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:

        def is_alive() -> bool:
            with suppress(httpx.HTTPError):
                return http.get("/healthz").is_success
            return False

        folder = repository.folder
        with running(command, log, is_alive, patience=0, cwd=folder, env=environment):
            yield http
    warned = "DeprecationWarning: backend.main is deprecated: start `python -m app serve`"
    assert (warned in log.read_text(encoding="utf-8")) is (number in WRAPPED)


def go_back_and_forth(repository: Repository, step: Step, client: OldClient) -> None:
    """Take a step back as the page says, so that nothing of it is left, and take it again."""
    repository.run(step.commands.get("back", "git revert --no-edit HEAD"))
    repository.run("git diff --exit-code HEAD~2 HEAD")
    if "back" in step.commands:
        with served(repository, step.number - 1) as http:
            client.use(http)
    repository.run("git reset --quiet --hard HEAD~1")
    if "back" in step.commands:
        migrate = [line for line in step.commands["then"].splitlines() if "adopt.py" not in line]
        repository.run("\n".join(migrate))


def query(repository: Repository, statement: str) -> str:
    """Return the one value that a statement selects, whatever policies there are."""
    url = repository.environment["DATABASE_URL"]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
            return str(database.execute(statement).fetchone()[0])
    admin = urlsplit(repository.environment["ADMIN_URL"])._replace(path=urlsplit(url).path)
    with psycopg.connect(admin.geturl()) as connection:
        row = connection.execute(statement.encode()).fetchone()
        return str(row[0]) if row else ""


def nothing_is_left(folder: Path) -> bool:
    names = git(folder, "ls-files").splitlines()
    old = [name for name in names if name.startswith(("backend", "before", ".adopting"))]
    code = git(folder, "ls-files", "*.py", "*.toml", "*.mk").splitlines()
    imports = [name for name in code if re.search(r"\bbackend\.\w", (folder / name).read_text())]
    return (old, imports, "uv.lock" in names, "requirements.txt" in names) == ([], [], True, False)
