"""What a team does with migrations: it has them written, writes them by hand, and runs them."""

import re
import subprocess
from pathlib import Path

from tests.support.recipes import write
from tests.support.rendering import clean_environment, run

SERVICE_BRANCH = "app/db/migrations/service"
MODELS = "app/db/models/__init__.py"
ORDER_MODEL = "app/db/models/order.py"
ORDER = """from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Entity
from app.db.tenancy import TenantScoped

UNIQUE_NUMBER = UniqueConstraint("tenant_id", "number")


class Order(TenantScoped, Entity, Base):
    __tablename__ = "orders"
    __table_args__ = (UNIQUE_NUMBER,)

    number: Mapped[str] = mapped_column(String(40))
    quantity: Mapped[int]
"""
ALEMBIC = ".venv/bin/alembic"
REVISION = '''"""By hand."""

import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = "{after}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    {downgrade}
'''


def add_order_model(service: Path) -> None:
    write(service / ORDER_MODEL, ORDER)
    write(service / MODELS, 'from app.db.models.order import Order\n\n__all__ = ["Order"]\n')


def unlist_item_model(service: Path) -> None:
    lines = (service / MODELS).read_text(encoding="utf-8").splitlines(keepends=True)
    kept = "".join(line for line in lines if "item" not in line.lower())
    (service / MODELS).write_text(kept, encoding="utf-8")


def migrate(service: Path, url: str, **settings: str) -> str:
    return run(service, "make", "migrate", DATABASE_URL=url, **settings)


def alembic(service: Path, url: str, *arguments: str) -> str:
    return run(service, ALEMBIC, *arguments, DATABASE_URL=url)


def start_alembic(service: Path, url: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [ALEMBIC, *arguments],
        cwd=service,
        env=clean_environment() | {"DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def revise(service: Path, url: str, message: str) -> Path:
    """Have a revision written for what has changed in the models, and return its file."""
    run(service, "make", "migration", f"m={message}", DATABASE_URL=url)
    [path] = (service / SERVICE_BRANCH).glob(f"*_{message.replace(' ', '_')}.py")
    return path


def write_revision(
    service: Path, name: str, upgrade: str, downgrade: str = "pass", after: str = "service_items"
) -> Path:
    """Write a revision by hand, each of its statements on a line."""
    path = service / SERVICE_BRANCH / f"2026_11_25_{name}.py"
    parts = {"upgrade": upgrade, "downgrade": downgrade}
    lines = {part: text.replace("\n", "\n    ") for part, text in parts.items()}
    path.write_text(REVISION.format(name=name, after=after, **lines), encoding="utf-8")
    return path


def assure(revision: Path) -> None:
    """Say in a revision that what it does is safe."""
    text = revision.read_text(encoding="utf-8")
    line = 'safe_because = "Nobody uses it."\n'
    assured, count = re.subn(r"^depends_on = .*\n", rf"\g<0>{line}", text, flags=re.MULTILINE)
    assert count == 1
    revision.write_text(assured, encoding="utf-8")
