"""A PgBouncer of our own, in transaction mode: each transaction may have another server."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import psycopg

from tests.support.optional_servers import program_of
from tests.support.server_process import free_port, running_server, scratch_folder

# Fewer than any test has clients, so that they take turns.
SERVERS = 3
SETTINGS = """
[databases]
* = host={host} port={port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = users.txt
pool_mode = transaction
default_pool_size = {servers}
max_client_conn = 200
server_login_retry = 1
{more}
"""


@contextmanager
def own_pgbouncer(url: str, more: str = "") -> Iterator[str]:
    """Yield the URL of a pooler in front of a database, whose role has a password."""
    program = program_of("PgBouncer")
    target, listen = urlsplit(url), free_port()
    place = f"{target.username}:{target.password}@127.0.0.1:{listen}"
    pooled = target._replace(netloc=place).geturl()

    def is_ready() -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(pooled):
            return True
        return False

    with scratch_folder() as folder:
        login = f'"{target.username}" "{target.password}"\n'
        (folder / "users.txt").write_text(login, encoding="utf-8")
        settings = SETTINGS.format(
            host=target.hostname, port=target.port, listen=listen, servers=SERVERS, more=more
        )
        (folder / "pgbouncer.ini").write_text(settings, encoding="utf-8")
        with running_server([program, "pgbouncer.ini"], folder, is_ready):
            yield pooled
