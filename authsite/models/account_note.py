"""The table of notes on accounts."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, UtcDateTime


class AccountNote(Base):
    """What an administrator or operator wrote about an account; never changed, deleted with it."""

    __tablename__ = "authsite_account_note"
    __table_args__ = (sa.Index(None, "user_id", "created_at", "id"),)

    id: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    user_id: Mapped[str] = mapped_column(sa.ForeignKey("authsite_user.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Who wrote it: one of `authsite.audit.event_types.Actor`.
    actor: Mapped[str] = mapped_column(sa.String(20))
    #: The administrator who wrote it. Not a foreign key: the note outlives their account.
    actor_id: Mapped[str | None] = mapped_column(sa.String(16))
    text: Mapped[str] = mapped_column(sa.String(2000))
    #: The name of the operator who wrote it.
    actor_name: Mapped[str | None] = mapped_column(sa.String(100))

    def __repr__(self) -> str:
        return f"<AccountNote {self.id} on {self.user_id}>"
