"""The table of emails to deliver and of those delivered."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, UtcDateTime


class OutboxMessage(Base):
    """An email to one recipient, written in the transaction of the change that it reports.

    It is due as long as `next_attempt_at` is set. After the last attempt subject and content are
    deleted; the recipient, the template, the times and the outcome are kept for a while.
    """

    __tablename__ = "authsite_outbox_message"

    id: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    #: The folder of its templates below `templates/authsite/mail`.
    template: Mapped[str] = mapped_column(sa.String(40))
    #: The account that it is about; None for an email address without one.
    user_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("authsite_user.id", ondelete="CASCADE"), index=True
    )
    #: The only recipient on the envelope, in ASCII.
    recipient: Mapped[str] = mapped_column(sa.String(320))
    subject: Mapped[str | None] = mapped_column(sa.Text)
    #: Text and HTML of messages from before migration 0009, which were not encrypted.
    text: Mapped[str | None] = mapped_column(sa.Text)
    html: Mapped[str | None] = mapped_column(sa.Text)
    #: When it becomes due: mostly when it was written.
    send_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Time of the next attempt. A worker that leases the message moves it into the future.
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    attempts: Mapped[int] = mapped_column(server_default="0")
    #: Why the last attempt failed, for an operator.
    last_error: Mapped[str | None] = mapped_column(sa.String(200))
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: When the purge deletes the record.
    purge_after: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    #: Text and HTML, encrypted as `mail/content.py` says.
    content: Mapped[bytes | None] = mapped_column(sa.LargeBinary)

    def __repr__(self) -> str:
        return f"<OutboxMessage {self.id} {self.template}>"
