"""Two branches of revisions, and which tables and columns are migrated on which."""

from collections.abc import Iterable
from functools import cache
from inspect import get_annotations
from pathlib import Path
from typing import Any

from alembic.operations import MigrateOperation, MigrationScript
from alembic.operations.ops import (
    AddColumnOp,
    AlterColumnOp,
    DropColumnOp,
    ModifyTableOps,
    UpgradeOps,
)
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from app.db.base import Base
from app.db.models import platform
from app.db.models.mixins import TenantMixin, UserMixin

PLATFORM, SERVICE = "platform", "service"
PLATFORM_TABLES = {vars(platform)[name].__tablename__ for name in platform.__all__}


def pick_branch(script: MigrationScript, directory: ScriptDirectory, branch: str) -> None:
    """Puts a new revision on a branch, in its folder, after the platform of the day.

    It joins the branch's heads where two developers have written one each.

    Without that dependency a fresh database would run the service's branch first, and fail on what
    the platform has added since.
    """
    heads: Any = [each.revision for each in directory.get_revisions(f"{branch}@heads") if each]
    script.head = heads
    script.version_path = str(Path(__file__).parent / branch)
    if branch == SERVICE:
        script.depends_on = [f"{PLATFORM}@head"]


def keep_to_branch(script: MigrationScript, branch: str) -> None:
    """Leaves in a new revision what it does to the tables and columns of its branch.

    Raises:
        CommandError: the service's revision would change what is the platform's.
    """
    containers = (*script.upgrade_ops_list, *script.downgrade_ops_list)
    others = _select(containers[0].ops, PLATFORM, branch)
    if branch == SERVICE and others:
        raise CommandError(
            "Models and migrations of the platform's own tables differ:"
            f" {UpgradeOps(others).as_diffs()}. Add columns of your own in app/db/models/mixins.py."
            " If you added none, this is a mistake of the platform."
        )
    for container in containers:
        container.ops = _select(container.ops, branch, branch)


def _select(operations: Iterable[Any], wanted: str, branch: str) -> list[Any]:
    """Returns the operations of one branch, while a revision of a branch is written."""
    selected: list[Any] = []
    for each in operations:
        table = getattr(each, "table_name", None)
        if table not in PLATFORM_TABLES or not isinstance(each, ModifyTableOps):
            owner = PLATFORM if table in PLATFORM_TABLES else SERVICE
            selected += [each] if owner == wanted else []
        elif parts := [op for op in each.ops if _branch(op, each.table_name, branch) == wanted]:
            selected.append(ModifyTableOps(each.table_name, parts, schema=each.schema))
    return selected


def _branch(operation: MigrateOperation, table: str, branch: str) -> str:
    """Tells whose is a change of a table of the platform."""
    columns = _columns(operation)
    if columns & _service_columns().get(table, set()):
        return SERVICE
    # A column that the models no longer have is dropped by the author of the revision.
    return PLATFORM if columns <= set(Base.metadata.tables[table].columns.keys()) else branch


def _columns(operation: MigrateOperation) -> set[str]:
    if isinstance(operation, AddColumnOp):
        return {operation.column.name}
    if isinstance(operation, AlterColumnOp | DropColumnOp):
        return {operation.column_name}
    # An index or a constraint.
    return {column.name for column in getattr(operation.to_diff_tuple()[1], "columns", ())}


@cache
def _service_columns() -> dict[str, set[str]]:
    """Returns the columns of app/db/models/mixins.py, by table."""
    found = {}
    for model, mixin in ((platform.User, UserMixin), (platform.Tenant, TenantMixin)):
        names = {name for kind in mixin.__mro__ for name in (*vars(kind), *get_annotations(kind))}
        found[model.__tablename__] = {
            each.columns[0].name for each in model.__mapper__.column_attrs if each.key in names
        }
    return found
