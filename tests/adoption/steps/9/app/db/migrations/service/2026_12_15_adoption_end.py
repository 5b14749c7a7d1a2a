"""The tables of the old backend go.

Revision: adoption_end, after adoption_policies
"""

import sqlalchemy as sa
from alembic import op

revision = "adoption_end"
down_revision = "adoption_policies"
branch_labels = None
depends_on = "platform_0001"
safe_because = "No release has used them since the step that set them aside."


def upgrade() -> None:
    there = sa.inspect(op.get_bind()).get_table_names()
    for name in ("legacy_notes", "legacy_labels", "legacy_users"):
        if name in there:
            op.drop_table(name)


def downgrade() -> None:
    pass
