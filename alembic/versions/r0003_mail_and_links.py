"""The outbox, links that were sent, and accounts that are verified or about to close.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

from authsite.models.base import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables; the addresses that are there are not verified."""
    with op.batch_alter_table("user") as user:
        user.add_column(sa.Column("email_verified_at", UtcDateTime(), nullable=True))
        user.add_column(sa.Column("closes_at", UtcDateTime(), nullable=True))
        user.alter_column("password_hash", existing_type=sa.String(255), nullable=True)
        user.create_index(op.f("ix_user_closes_at"), ["closes_at"])
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(16), nullable=True),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failure", sa.String(200), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("forget_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user.id"],
            name=op.f("fk_outbox_message_user_id_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
    )
    for column in ("forget_at", "next_try_at", "user_id"):
        op.create_index(op.f(f"ix_outbox_message_{column}"), "outbox_message", [column])
    op.create_table(
        "pending_link",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("user_id", sa.String(16), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("email_key", sa.String(254), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_pending_link_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_pending_link")),
    )
    for column in ("email_key", "expires_at", "user_id"):
        op.create_index(op.f(f"ix_pending_link_{column}"), "pending_link", [column])


def downgrade() -> None:
    """Drop both again; who has no password keeps one that nobody can type."""
    op.drop_table("pending_link")
    op.drop_table("outbox_message")
    op.execute("UPDATE \"user\" SET password_hash = '' WHERE password_hash IS NULL")
    with op.batch_alter_table("user") as user:
        user.drop_index(op.f("ix_user_closes_at"))
        user.alter_column("password_hash", existing_type=sa.String(255), nullable=False)
        user.drop_column("closes_at")
        user.drop_column("email_verified_at")
