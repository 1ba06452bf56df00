"""Throttles, and sessions on public computers.

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of throttles; sessions that are there are on nobody's public computer."""
    op.create_table(
        "throttle",
        sa.Column("key", sa.LargeBinary(32), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("free_at", sa.BigInteger(), nullable=False),
        sa.Column("forget_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
    )
    op.create_index(op.f("ix_throttle_forget_at"), "throttle", ["forget_at"])
    op.add_column(
        "user_session",
        sa.Column("public_computer", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    """Drop both again; nobody stays signed in for longer than they asked for."""
    op.execute("DELETE FROM user_session WHERE public_computer")
    op.drop_column("user_session", "public_computer")
    op.drop_index(op.f("ix_throttle_forget_at"), "throttle")
    op.drop_table("throttle")
