"""Add pending sign-ins.

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

from authsite.models.base import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLE = "authsite_pending_sign_in"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("user_id", sa.String(16), nullable=False),
        sa.Column("stage", sa.String(40), nullable=False),
        sa.Column("auth_method", sa.String(20), nullable=False),
        sa.Column("public_computer", sa.Boolean(), nullable=False),
        sa.Column("next", sa.String(2000), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["authsite_user.id"],
            name=op.f(f"fk_{TABLE}_user_id_authsite_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    for column in ("expires_at", "user_id"):
        op.create_index(op.f(f"ix_{TABLE}_{column}"), TABLE, [column])


def downgrade() -> None:
    """Drop the table; sign-ins that were pending start again."""
    op.drop_table(TABLE)
