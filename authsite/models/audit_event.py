"""The table of the audit log."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, IpAddress, UtcDateTime, ip_address_index


class AuditEvent(Base):
    """A security event of an account, written once and never changed.

    It is written in the transaction of the change that it records, so that neither exists without
    the other.
    """

    __tablename__ = "authsite_audit_event"
    __table_args__ = (
        # By user and time: no history needs another order.
        sa.Index(None, "user_id", "occurred_at", "id"),
        ip_address_index("authsite_audit_event"),
    )

    id: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    user_id: Mapped[str] = mapped_column(sa.ForeignKey("authsite_user.id", ondelete="CASCADE"))
    #: No two events of one request have the same time. The purge deletes by it.
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    #: The key of an `authsite.audit.event_types.EventType`.
    type: Mapped[str] = mapped_column(sa.String(40))
    #: Who caused it: one of `authsite.audit.event_types.Actor`.
    actor: Mapped[str] = mapped_column(sa.String(20))
    #: The administrator who did it. Not a foreign key: the event outlives the account.
    actor_id: Mapped[str | None] = mapped_column(sa.String(16))
    #: The session of the event, or the one that it started. Not a foreign key: it outlives the row.
    session_id: Mapped[str | None] = mapped_column(sa.String(16))
    user_agent: Mapped[str | None] = mapped_column(sa.String(512))
    ip_address: Mapped[str | None] = mapped_column(IpAddress)
    #: Details of the event type: plain values by name.
    details: Mapped[dict[str, str]] = mapped_column(sa.JSON)

    def __repr__(self) -> str:
        return f"<AuditEvent {self.id} {self.type} of {self.user_id}>"
