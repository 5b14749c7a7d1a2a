"""A PostgreSQL server of our own: started, stopped, frozen and started again as a test needs it."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.support.certificates import Certificate
from tests.support.server_process import (
    free_port,
    reachable,
    run_once,
    running_server,
    scratch_folder,
    server_user,
)
from tools.find_servers import postgres_folder

# Not for data that should survive a crash: nothing here should.
FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
# Only the administrator, and what follows the server, needs no password.
LOGINS = """
host all,replication postgres 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
"""
MISSING = (
    "Install PostgreSQL (initdb). TEST_DATABASE_URL will do only where none is stopped or frozen."
)
# Wakes up what is frozen when the pipe on standard input closes, which it does also when this
# process is killed: a frozen server would otherwise outlive it.
THAW = 'trap "" INT; read -r _; kill -CONT "$@"'


class OwnPostgres:
    """A server whose data and port outlast a stop."""

    def __init__(self, programs: Path, folder: Path, data: str = "data") -> None:
        self._programs, self._folder, self._data = programs, folder, folder / data
        port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        options = ["listen_addresses=127.0.0.1", "unix_socket_directories=", *FAST]
        self._command = [str(programs / "postgres"), "-D", str(self._data), "-p", str(port)]
        self._command += [part for option in options for part in ("-c", option)]
        self._running = ExitStack()

    def create(self) -> None:
        command = [str(self._programs / "initdb"), "--pgdata", str(self._data)]
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"]
        run_once([*command, *options, "--no-sync"], self._folder)
        (self._data / "pg_hba.conf").write_text(LOGINS, encoding="utf-8")

    def demand_encryption(self, certificate: Certificate) -> None:
        """Show a certificate, and let nobody but the administrator connect without encryption."""
        (self._data / "server.crt").write_text(certificate.certificate, encoding="utf-8")
        key = self._data / "server.key"
        key.write_text(certificate.key, encoding="utf-8")
        # The server wants its key to be its own.
        key.chmod(0o600)
        if user := server_user():
            os.chown(key, user.pw_uid, user.pw_gid)
        logins = LOGINS.replace("host all all", "hostssl all all")
        (self._data / "pg_hba.conf").write_text(logins, encoding="utf-8")
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET ssl = on")
            connection.execute("SELECT pg_reload_conf()")

    @contextmanager
    def standby(self) -> Iterator["OwnPostgres"]:
        """Run a server that follows this one, which has to stop for a moment."""
        standby = OwnPostgres(self._programs, self._folder, "standby")
        self.stop()
        run_once(["cp", "-a", str(self._data), str(standby._data)], self._folder)
        (standby._data / "standby.signal").touch()
        primary = urlsplit(self.url)
        follow = f"primary_conninfo = 'host=127.0.0.1 port={primary.port} user=postgres'\n"
        with (standby._data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
            settings.write(follow)
        self.start()
        standby.start()
        try:
            yield standby
        finally:
            standby.stop()

    def start(self) -> None:
        """Return when it is ready."""
        self._running.enter_context(running_server(self._command, self._folder, self.is_ready))

    def stop(self) -> None:
        """Return when it has gone; those who are connected are turned out."""
        self._running.close()

    def is_ready(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.url):
            return True
        return False

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it keep its connections, accept new ones and say nothing."""
        frozen = [*map(str, self._processes())]
        with subprocess.Popen(
            ["sh", "-c", THAW, "sh", *frozen], stdin=subprocess.PIPE, start_new_session=True
        ):
            for pid in frozen:
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGSTOP)
            yield

    def _processes(self) -> list[int]:
        # The first one starts the others, so it comes first.
        first = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            ).fetchall()
        return [first, *(row[0] for row in rows)]


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """Run a server until the block ends.

    Raises:
        RuntimeError: there is no PostgreSQL; the message says what to install.
    """
    programs = postgres_folder()
    if programs is None:
        raise RuntimeError(MISSING)
    with scratch_folder() as folder:
        server = OwnPostgres(reachable(programs, folder), folder)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()
