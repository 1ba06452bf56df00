"""The table of the audit log."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, IpAddress, UtcDateTime, ip_address_index

#: The condition of events that administrators and operators have caused.
BY_STAFF = "actor IN ('administrator', 'operator')"


class AuditEvent(Base):
    """A security event of an account, written once and never changed.

    It is written in the transaction of the change that it records, so that neither exists without
    the other.
    """

    __tablename__ = "authsite_audit_event"
    #: By user and time for the history of an account, the others for the audit log of all accounts.
    __table_args__ = (
        sa.Index(None, "user_id", "occurred_at", "id"),
        sa.Index(None, "type", "occurred_at"),
        sa.Index(None, "network", "occurred_at"),
        ip_address_index("authsite_audit_event"),
        # Small: nearly all events are caused by users and the system.
        sa.Index(
            "ix_authsite_audit_event_by_staff",
            "actor",
            "occurred_at",
            sqlite_where=sa.text(BY_STAFF),
            postgresql_where=sa.text(BY_STAFF),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    #: None for an erasure, which outlives the account.
    user_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("authsite_user.id", ondelete="CASCADE")
    )
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
    #: The name of the operator who did it.
    actor_name: Mapped[str | None] = mapped_column(sa.String(100))
    #: The network of the IP address, as throttles count: an IPv4 address, or an IPv6 /64.
    network: Mapped[str | None] = mapped_column(sa.String(43))

    def __repr__(self) -> str:
        return f"<AuditEvent {self.id} {self.type} of {self.user_id}>"
