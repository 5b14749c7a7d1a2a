"""Tables whose rows are written once. PostgreSQL has triggers for it; SQLite has none."""

from sqlalchemy import Connection

from app.db.rls import execute_on

# UPDATE and DELETE row by row: a statement that changes nothing is not refused.
FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = TG_TABLE_NAME || ' is append-only:'
        ' docs/schema.md says who deletes old rows, and how tests empty the table';
END $$
"""
TRIGGER = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {}
FOR EACH ROW EXECUTE FUNCTION refuse_change()
"""
# Tests disable it by its name, to empty tables.
TRUNCATE_TRIGGER = """
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def make_append_only(connection: Connection, table: str) -> None:
    """Refuses to change or delete rows of a table: docs/schema.md says who may in the end."""
    execute_on(connection, table, FUNCTION, TRIGGER, TRUNCATE_TRIGGER)
