"""What happened to accounts, names of sessions, and what those who run the site may do.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

from authsite.models.base import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the columns; whoever is signed in did so with a password."""
    with op.batch_alter_table("user") as user:
        user.add_column(sa.Column("frozen_at", UtcDateTime(), nullable=True))
        user.add_column(sa.Column("frozen_reason", sa.String(200), nullable=True))
        user.add_column(sa.Column("known_since", UtcDateTime(), nullable=True))
        user.add_column(
            sa.Column("is_administrator", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        user.add_column(sa.Column("former_id", sa.String(120), nullable=True))
        user.create_unique_constraint(op.f("uq_user_former_id"), ["former_id"])
    with op.batch_alter_table("user_session") as user_session:
        user_session.add_column(
            sa.Column("method", sa.String(20), server_default="password", nullable=False)
        )
        user_session.add_column(sa.Column("name", sa.String(60), nullable=True))
    op.create_table(
        "event",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(16), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(20), nullable=False),
        sa.Column("actor_id", sa.String(16), nullable=True),
        sa.Column("session_id", sa.String(16), nullable=True),
        sa.Column("user_agent", sa.String(512), nullable=True),
        sa.Column("network_address", sa.String(45), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_event_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index(op.f("ix_event_at"), "event", ["at"])
    op.create_index(op.f("ix_event_user_id_at_id"), "event", ["user_id", "at", "id"])


def downgrade() -> None:
    """Drop all of it again; who was frozen can sign in."""
    op.drop_table("event")
    with op.batch_alter_table("user_session") as user_session:
        user_session.drop_column("name")
        user_session.drop_column("method")
    with op.batch_alter_table("user") as user:
        user.drop_constraint(op.f("uq_user_former_id"), type_="unique")
        user.drop_column("former_id")
        user.drop_column("is_administrator")
        user.drop_column("known_since")
        user.drop_column("frozen_reason")
        user.drop_column("frozen_at")
