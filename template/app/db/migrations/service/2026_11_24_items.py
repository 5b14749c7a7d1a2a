"""Items, the example resource.

Revision: service_items, after service_root
"""

import sqlalchemy as sa
from alembic import op

revision = "service_items"
down_revision = "service_root"
branch_labels = None
depends_on = "platform_0001"


def upgrade() -> None:
    op.create_table(
        "items",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("description", sa.String(1000), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_items")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_items_tenant_id_name")),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_items_tenant_id_tenants"),
            ondelete="CASCADE",
        ),
    )
    op.enable_tenant_rls("items")
    op.create_index("ix_items_page", "items", ["tenant_id", "created_at", "id"])


def downgrade() -> None:
    op.drop_table("items")
