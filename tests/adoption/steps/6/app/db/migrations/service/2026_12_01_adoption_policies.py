"""Row level security comes last, when all rows have their tenant.

Revision: adoption_policies, after adoption_rows
"""

from alembic import op

revision = "adoption_policies"
down_revision = "adoption_rows"
branch_labels = None
depends_on = "platform_0001"


def upgrade() -> None:
    op.enable_tenant_rls("labels")
    op.enable_tenant_rls("notes")


def downgrade() -> None:
    op.disable_tenant_rls("notes")
    op.disable_tenant_rls("labels")
