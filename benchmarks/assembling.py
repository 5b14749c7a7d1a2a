"""Make everything that a run measures: services, the bare app, their servers and rows."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.arguments import Arguments
from benchmarks.endpoints import TRACED
from benchmarks.rendering import DEFAULT, WITH_TRACES, WITHOUT_REDIS, make_service
from benchmarks.rows import OF_BARE, OF_SERVICE, fill
from benchmarks.targets import (
    UNLIMITED,
    Launch,
    Server,
    Target,
    serve_bare,
    serve_service,
    started,
)
from tests.support.otlp import otlp_receiver
from tests.support.own_postgres import own_postgres
from tests.support.processes import prepare
from tests.support.rendering import Combination
from tests.support.server_process import free_port
from tests.support.servers import Postgres, Redis, own_redis

ROWS, QUICK_ROWS = 1_000_000, 100_000


@dataclass
class Assembly:
    """What is made so far, and ends with `stack`."""

    stack: ExitStack
    postgres: Postgres
    redis: Redis
    scratch: Path
    core: int | None
    rows: int

    def service(self, name: str, folder: Path, redis_db: int | None) -> Target:
        """Start a service twice: as it is measured, and with the limits of its release."""
        url = self.postgres.create_database()
        combination = Combination.of(use_alembic=True, use_redis=redis_db is not None)
        prepare(folder, combination, {"DATABASE_URL": url})
        launch = serve_service(folder, self.core, **self._urls(url, redis_db), **UNLIMITED)
        server = self._start(name, launch)
        deep = fill(self.postgres.admin_url, url, OF_SERVICE, server, self.rows)
        refusing = None if redis_db is None else redis_db + 1
        denying = serve_service(folder, self.core, **self._urls(url, refusing))
        return Target(name, launch, server, deep, self._start(f"{name}-refusing", denying))

    def bare(self, folder: Path) -> Target:
        """Start the bare app in the environment of a service."""
        url = self.postgres.create_database()
        python = folder / ".venv" / "bin" / "python"
        launch = serve_bare(python, self.core, DATABASE_URL=url)
        server = self._start("bare", launch)
        deep = fill(self.postgres.admin_url, url, OF_BARE, server, self.rows)
        return Target("bare", launch, server, deep)

    def traced(self, folder: Path, other: Target) -> Target:
        """Start a service that records a tenth of its requests, on the database of another one."""
        collector = self.stack.enter_context(otlp_receiver(keeps=False))
        given = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_TRACES_SAMPLER_ARG": "0.1"}
        environment = {**other.launch.environment, **given}
        launch = replace(other.launch, folder=folder, environment=environment)
        return Target("traced", launch, self._start("traced", launch), other.deep, only=TRACED)

    def _start(self, name: str, launch: Launch) -> Server:
        return self.stack.enter_context(started(launch, self.scratch / f"{name}.log"))

    def _urls(self, database: str, redis_db: int | None) -> dict[str, str]:
        given = {"DATABASE_URL": database}
        return given if redis_db is None else given | {"REDIS_URL": self.redis.empty_url(redis_db)}


@contextmanager
def assembled(
    arguments: Arguments, scratch: Path, core: int | None, say: Callable[[str], object] = print
) -> Iterator[list[Target]]:
    """Make and start everything, and yield the targets, the bare app first."""
    with ExitStack() as stack:
        rows = QUICK_ROWS if arguments.quick else ROWS
        # Our own: given ones may be far away, and not ours to fill.
        postgres = Postgres(stack.enter_context(own_postgres()).url)
        port = free_port()
        stack.enter_context(own_redis(port))
        redis = Redis(f"redis://127.0.0.1:{port}/0")
        assembly = Assembly(stack, postgres, redis, scratch, core, rows)
        say("rendering and installing the services")
        tree = make_service(scratch / "tree", DEFAULT)
        if arguments.against:
            other = make_service(scratch / "ref", DEFAULT, arguments.against)
        else:
            other = make_service(scratch / "memory", WITHOUT_REDIS)
        say(f"starting them and the bare app, with {rows:,} rows each")
        bare = assembly.bare(tree)
        if arguments.against:
            yield [bare, assembly.service("tree", tree, 0), assembly.service("ref", other, 2)]
        else:
            redis_target = assembly.service("redis", tree, 0)
            memory = assembly.service("memory", other, None)
            traced = assembly.traced(make_service(scratch / "traced", WITH_TRACES), redis_target)
            yield [bare, redis_target, memory, traced]
