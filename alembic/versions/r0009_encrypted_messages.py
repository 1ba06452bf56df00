"""Encrypt the text and HTML of emails in the outbox.

Revision 0009, after 0008.
"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from authsite.clock import utc_now
from authsite.models.base import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLE = "authsite_outbox_message"


def upgrade() -> None:
    """Add the column. Queued messages remain unencrypted, since no secret is known here."""
    op.add_column(TABLE, sa.Column("content", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Fail the encrypted messages, which older code cannot read, and drop the column."""
    message = sa.table(
        TABLE,
        *(sa.column(name) for name in ("content", "subject", "last_error")),
        *(sa.column(name, UtcDateTime()) for name in ("next_attempt_at", "purge_after")),
    )
    failed = {
        "subject": None,
        "next_attempt_at": None,
        "last_error": "it was encrypted, and the database was downgraded",
        "purge_after": utc_now() + timedelta(days=90),
    }
    op.execute(sa.update(message).where(message.c.content.is_not(None)).values(failed))
    op.drop_column(TABLE, "content")
