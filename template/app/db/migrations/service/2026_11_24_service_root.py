"""Root of the service's branch: empty, so that every later revision may be deleted.

Revision: service_root
"""

revision = "service_root"
down_revision = None
branch_labels = ("service",)
depends_on = "platform_0001"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
