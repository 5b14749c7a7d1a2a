"""Fill the table of items, so that a list is read in the midst of many rows."""

from typing import LiteralString
from urllib.parse import quote, urlsplit

import psycopg

from benchmarks.targets import Server

OF_SERVICE = """
INSERT INTO items (tenant_id, created_by, version, id, created_at, name, description)
SELECT tenant_id, user_id, 1, gen_random_uuid(),
  timestamptz '2026-01-01' + number * interval '1 second', 'Row ' || number, 'A lamp for the desk'
FROM memberships, generate_series(%(first)s::int, %(last)s::int) AS number
"""
OF_BARE = """
INSERT INTO items (created_by, version, id, created_at, name, description)
SELECT users.id, 1, gen_random_uuid(),
  timestamptz '2026-01-01' + number * interval '1 second', 'Row ' || number, 'A lamp for the desk'
FROM users, generate_series(%(first)s::int, %(last)s::int) AS number
"""
# More than a page, in the middle of all.
MIDDLE = 60


def fill(
    admin_url: str, database_url: str, insert: LiteralString, server: Server, rows: int
) -> str:
    """Make rows by one owner, and return the cursor of a page in their middle."""
    url = urlsplit(admin_url)._replace(path=urlsplit(database_url).path).geturl()
    half = rows // 2
    with psycopg.connect(url, autocommit=True) as connection:
        # Whether what our own rows refer to is there need not be looked up a million times.
        connection.execute("SET session_replication_role = replica")
        connection.execute(insert, {"first": half, "last": half + MIDDLE - 1})
        cursor = str(server.list_items()["next"])
        connection.execute(insert, {"first": 0, "last": half - 1})
        connection.execute(insert, {"first": half + MIDDLE, "last": rows - 1})
        connection.execute("VACUUM ANALYZE items")
        connection.execute("CHECKPOINT")
    return quote(cursor, safe="")
