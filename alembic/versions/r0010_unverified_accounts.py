"""Index accounts that were never verified, for the purge.

Revision 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLE = "authsite_user"
INDEX = f"ix_{TABLE}_unverified_created_at"


def upgrade() -> None:
    """Create the index, which has a row for each unverified account only."""
    unverified = sa.text("email_verified_at IS NULL")
    op.create_index(
        INDEX, TABLE, ["created_at"], sqlite_where=unverified, postgresql_where=unverified
    )


def downgrade() -> None:
    """Drop the index."""
    op.drop_index(INDEX, TABLE)
