"""Add answered forms.

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

from authsite.models.base import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLE = "authsite_answered_form"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        TABLE,
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.String(16), nullable=True),
        sa.Column("secret_digest", sa.LargeBinary(32), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["authsite_session.id"],
            name=op.f(f"fk_{TABLE}_session_id_authsite_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f(f"pk_{TABLE}")),
    )
    for column in ("expires_at", "session_id"):
        op.create_index(op.f(f"ix_{TABLE}_{column}"), TABLE, [column])


def downgrade() -> None:
    """Drop the table; forms sent within the last minute are no longer recognized."""
    op.drop_table(TABLE)
