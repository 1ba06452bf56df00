"""The table of messages that are to be sent, or were."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, UtcDateTime


class OutboxMessage(Base):
    """A mail to one recipient, written in the transaction of what it tells of.

    It waits as long as there is a next try. After the last one nothing is left but who was written
    to, of what kind the mail was, when that was and how it ended: the words, and the links in them,
    are gone.
    """

    __tablename__ = "outbox_message"

    id: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    #: The name of the folder of its templates.
    kind: Mapped[str] = mapped_column(sa.String(40))
    #: Whose account it is about; nobody's, when a stranger was written to.
    user_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="CASCADE"), index=True
    )
    #: The one address on the envelope, in ASCII.
    recipient: Mapped[str] = mapped_column(sa.String(320))
    subject: Mapped[str | None] = mapped_column(sa.Text)
    text: Mapped[str | None] = mapped_column(sa.Text)
    html: Mapped[str | None] = mapped_column(sa.Text)
    #: When it was to be sent; mostly the moment at which it was written.
    send_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: When it is tried next. A worker that tries it puts this off, so that no other does.
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    attempts: Mapped[int] = mapped_column(server_default="0")
    #: What became of the last try, if it failed; in words for an operator.
    last_error: Mapped[str | None] = mapped_column(sa.String(200))
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: From when on nobody needs to know of it; what the sweeper looks for.
    purge_after: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)

    def __repr__(self) -> str:
        return f"<OutboxMessage {self.id} {self.kind}>"
