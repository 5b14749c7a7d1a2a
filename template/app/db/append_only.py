"""Tables whose rows are written once. On PostgreSQL a trigger says so; SQLite has to trust us."""

from sqlalchemy import Connection

from app.db.rls import execute_on

# Row by row, and not TRUNCATE: what would change nothing is no offence, and tests empty tables.
FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = TG_TABLE_NAME || ' is append-only';
END $$
"""
TRIGGER = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {}
FOR EACH ROW EXECUTE FUNCTION refuse_change()
"""


def make_append_only(connection: Connection, table: str) -> None:
    """Refuses to change or delete rows of a table: docs/schema.md says who may in the end."""
    execute_on(connection, table, FUNCTION, TRIGGER)
