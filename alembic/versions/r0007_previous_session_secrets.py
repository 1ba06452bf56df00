"""Add the previous secret of a rotated session.

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

from authsite.models.base import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLE = "authsite_session"


def upgrade() -> None:
    """Add the columns; no session has a previous secret yet."""
    op.add_column(TABLE, sa.Column("previous_secret_digest", sa.LargeBinary(32), nullable=True))
    op.add_column(TABLE, sa.Column("rotation_salt", sa.LargeBinary(16), nullable=True))
    op.add_column(TABLE, sa.Column("rotated_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Drop the columns; sessions keep their current secret."""
    for column in ("rotated_at", "rotation_salt", "previous_secret_digest"):
        op.drop_column(TABLE, column)
