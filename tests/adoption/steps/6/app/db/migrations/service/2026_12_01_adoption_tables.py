"""Tables and columns for what the old backend has.

Revision: adoption_tables, after service_root
"""

import sqlalchemy as sa
from alembic import op

revision = "adoption_tables"
down_revision = "service_root"
branch_labels = None
depends_on = "platform_0001"
safe_because = "Nobody uses the platform's tables before the rows have come."


def upgrade() -> None:
    op.add_column("users", sa.Column("legacy_id", sa.Integer(), nullable=True))
    op.create_index("ix_users_legacy_id", "users", ["legacy_id"], unique=True)
    op.add_column(
        "tenants", sa.Column("last_number", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_table(
        "labels",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_labels")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_labels_tenant_id_number")),
        of_tenant("labels"),
    )
    op.create_table(
        "notes",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("label_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("body", sa.String(5000), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_notes")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_notes_tenant_id_number")),
        of_tenant("notes"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "label_id"],
            ["labels.tenant_id", "labels.number"],
            name=op.f("fk_notes_tenant_id_label_id_labels"),
        ),
    )
    op.create_index("ix_notes_list", "notes", ["tenant_id", "created_by", "number"])


def of_tenant(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_tenant_id_tenants")
    return sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    op.drop_table("notes")
    op.drop_table("labels")
    op.drop_column("tenants", "last_number")
    op.drop_index("ix_users_legacy_id", "users")
    op.drop_column("users", "legacy_id")
