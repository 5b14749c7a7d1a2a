"""Two branches of revisions, and which tables are migrated on which."""

from pathlib import Path

from alembic.operations import MigrateOperation, MigrationScript
from alembic.operations.ops import UpgradeOps
from alembic.util import CommandError

from app.db.models import platform

PLATFORM, SERVICE = "platform", "service"
PLATFORM_TABLES = {vars(platform)[name].__tablename__ for name in platform.__all__}


def pick_branch(script: MigrationScript, branch: str) -> None:
    """Puts a new revision on a branch, in its folder, after the platform of the day.

    Without that dependency a fresh database would run the service's branch first, and fail on what
    the platform has added since.
    """
    script.head = f"{branch}@head"
    script.version_path = str(Path(__file__).parent / branch)
    if branch == SERVICE:
        script.depends_on = [f"{PLATFORM}@head"]


def keep_to_branch(script: MigrationScript, branch: str) -> None:
    """Leaves in a new revision what it does to the tables of its branch.

    Raises:
        CommandError: the service's revision would change tables of the platform.
    """
    containers = (*script.upgrade_ops_list, *script.downgrade_ops_list)
    others = [each for each in containers[0].ops if _branch(each) == PLATFORM]
    if branch == SERVICE and others:
        raise CommandError(
            "Models and migrations of the platform's own tables differ:"
            f" {UpgradeOps(others).as_diffs()}. If you have added that, write its revision by hand:"
            ' alembic revision -m "...". If you have not, it is a mistake of the platform.'
        )
    for container in containers:
        container.ops = [each for each in container.ops if _branch(each) == branch]


def _branch(operation: MigrateOperation) -> str:
    table = getattr(operation, "table_name", None)
    return PLATFORM if table in PLATFORM_TABLES else SERVICE
