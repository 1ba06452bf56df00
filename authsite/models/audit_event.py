"""The table of what happened to accounts."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, UtcDateTime


class AuditEvent(Base):
    """Something that the owner of an account may want to know of; it is written and never changed.

    It stands beside what it tells of, in one transaction, so that there is neither without the
    other.
    """

    __tablename__ = "event"
    #: By person and time, since nobody asks in another order.
    __table_args__ = (sa.Index(None, "user_id", "at", "id"),)

    id: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    user_id: Mapped[str] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"))
    #: What the sweeper looks for; no two of one request are the same.
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    #: The name of one of `authsite.accounts.events.Kind`.
    kind: Mapped[str] = mapped_column(sa.String(40))
    #: On whose side it was done: one of `authsite.accounts.events.Actor`.
    actor: Mapped[str] = mapped_column(sa.String(20))
    #: Which administrator did it, if one did; no key, since accounts go and histories stay.
    actor_id: Mapped[str | None] = mapped_column(sa.String(16))
    #: In which session it was done, or which one it began; no key, since rows of sessions go.
    session_id: Mapped[str | None] = mapped_column(sa.String(16))
    user_agent: Mapped[str | None] = mapped_column(sa.String(512))
    ip_address: Mapped[str | None] = mapped_column(sa.String(45))
    #: What else there is to say, as the kind has it: plain values by name.
    details: Mapped[dict[str, str]] = mapped_column(sa.JSON)

    def __repr__(self) -> str:
        return f"<Event {self.id} {self.kind} of {self.user_id}>"
