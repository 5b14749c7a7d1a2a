"""What the newer release brings besides a line in every file."""

import re
from pathlib import Path

# One revision more, and the model to it. It changes rows, so that one can see that it has run, and
# a table to which a team has added, which SQLite makes anew for it.
PLATFORM_MIGRATIONS = "app/db/migrations/platform"
MIGRATION = '''"""Every tenant is renamed, and users have a locale.

Revision: platform_newer, after {head}
"""

import sqlalchemy as sa
from alembic import op

revision = "platform_newer"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE tenants SET name = name || ' the newer'")
    locale = sa.Column("locale", sa.String(16), nullable=False, server_default="en")
    with op.batch_alter_table("users") as users:
        users.add_column(locale)
        users.alter_column("name", existing_type=sa.String(100), server_default="")


def downgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.alter_column("name", existing_type=sa.String(100), server_default=None)
        users.drop_column("locale")
    op.execute("UPDATE tenants SET name = replace(name, ' the newer', '')")
'''
USER_MODEL = "app/db/models/user.py"
NAME = '    name: Mapped[str] = mapped_column(String(100), default="")\n'
NEWER_NAME = """    name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    locale: Mapped[str] = mapped_column(String(16), server_default="en")
"""
# It reads fields of seams that no older service fills: lines for the ends of these files.
NEWER_ENDS = {
    "app/auth/permissions.py": "\n\nnewer = list(permissions.newer)\n",
    "app/core/principal.py": "    newer: Collection[str] = ()\n",
    "app/extension_points.py": "    newer: Sequence[str] = ()\n",
    "app/main.py": "\n\nnewer = list(own_extensions.newer)\n",
}
# A value that is cached has another form.
CACHED_MODEL = "app/schemas/stats.py"
CACHED, NEWER_CACHED = (
    "    members: dict[Role, int]\n",
    "    members: dict[Role, int]\n    total: int\n",
)
LOADER = "app/services/stats.py"
LOAD = "        return TenantStatsRead(members=await stats.count_members(session, tenant_id))\n"
NEWER_LOAD = """        members = await stats.count_members(session, tenant_id)
        return TenantStatsRead(members=members, total=sum(members.values()))
"""
SETTINGS, SETTING = "app/core/settings/server.py", '    version: str = "0.0.0"\n'
EXAMPLE, VERSION_LINE = ".env.example.jinja", "VERSION=0.0.0\n"
# A seam, which has to arrive in services that were born without it.
NEWER_SEAM = "docs/greetings.md"
SEAMS, NEWER_SEAMS = "_skip_if_exists:\n", f"_skip_if_exists:\n  - /{NEWER_SEAM}\n"
# Files at places where a team may have its own, text and not.
NEWER_TEXT, NEWER_PICTURE = "docs/glossary.md", "app/static/logo.png"
ATTRIBUTES = ".gitattributes.jinja"
SECRETS_MARK = "docs/secrets.md linguist-generated\n"


def change(folder: Path) -> None:
    """Make the newest release in this folder into the newer one."""
    template = folder / "template"
    add_migration(template / PLATFORM_MIGRATIONS)
    replace(template / USER_MODEL, NAME, NEWER_NAME)
    for name, lines in NEWER_ENDS.items():
        with (template / name).open("a", encoding="utf-8") as module:
            module.write(lines)
    replace(template / CACHED_MODEL, CACHED, NEWER_CACHED)
    replace(template / LOADER, LOAD, NEWER_LOAD)
    replace(template / SETTINGS, SETTING, f'{SETTING}    newer: str = "newer"\n')
    replace(template / EXAMPLE, VERSION_LINE, f"{VERSION_LINE}NEWER=newer\n")
    replace(folder / "copier.yml", SEAMS, NEWER_SEAMS)
    (template / NEWER_SEAM).write_text("# What this service says first\n", encoding="utf-8")
    (template / NEWER_TEXT).write_text("# Glossary\n\nOf the platform.\n", encoding="utf-8")
    (template / NEWER_PICTURE).write_bytes(b"\x89PNG\0 of the platform")
    marks = "".join(f"{name} linguist-generated\n" for name in (NEWER_TEXT, NEWER_PICTURE))
    replace(template / ATTRIBUTES, SECRETS_MARK, SECRETS_MARK + marks)


def add_migration(folder: Path) -> None:
    """Let a release bring a revision after the one that the platform's branch ends with."""
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.py")]
    revisions = {found for text in texts for found in re.findall(r'^revision = "(.+)"', text, re.M)}
    followed = {found for text in texts for found in re.findall(r'^down_.+ = "(.+)"', text, re.M)}
    [head] = revisions - followed
    (folder / "2026_11_25_platform_newer.py").write_text(MIGRATION.format(head=head))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path}: {old}"
    path.write_text(text.replace(old, new), encoding="utf-8")
