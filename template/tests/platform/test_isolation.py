"""Where the code steps past the isolation of tenants: every place is named here."""

import ast
from collections.abc import Iterator
from pathlib import Path

APP = Path(__file__).parents[2] / "app"
# Functions whose statements are executed with `cross_tenant=True`, as "crud/reports.py: count_all".
# Each of them says why no row reaches the wrong tenant.
ACROSS_TENANTS: set[str] = set()
# What a session does not get to see, or cannot narrow down deep inside a statement: text, tables in
# place of models, FULL JOIN. On PostgreSQL the policies hold for these, too.
PAST_THE_SESSION = {
    *("connection", "exec_driver_sql", "get_bind"),
    *("text", "literal_column", "TextClause"),
    *("__table__", "local_table", "metadata"),
    "full",
}
NAMED = {ast.alias: "name", ast.Attribute: "attr", ast.keyword: "arg", ast.Constant: "value"}


def test_statements_across_tenants_are_known() -> None:
    found = {
        f"{name}: {node.name}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if "cross_tenant" in words(node)
    }

    # The session itself, which looks for the option.
    assert found - {"db/isolation.py: _narrow_down"} == ACROSS_TENANTS


def test_crud_leaves_isolation_to_the_session() -> None:
    found = {
        f"{name}: {word}"
        for name, tree in modules()
        if name.startswith("crud/")
        for word in words(tree) & PAST_THE_SESSION
    }

    assert found == set()


def test_nothing_else_commits() -> None:
    """A request is one transaction: `Database.session` commits, and what it calls flushes."""
    found = {name for name, tree in modules() if "commit" in words(tree)}

    assert found == {"db/session.py"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in APP.rglob("*.py"):
        yield path.relative_to(APP).as_posix(), ast.parse(path.read_text())


def words(tree: ast.AST) -> set[object]:
    """Returns what code imports, takes from objects and calls its arguments, and its constants."""
    return {getattr(node, NAMED[type(node)]) for node in ast.walk(tree) if type(node) in NAMED}
