"""The table of sessions."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, IpAddress, UtcDateTime, ip_address_index


class UserSession(Base):
    """A browser that is signed in; the row is deleted when the session ends.

    The secret is in that browser's cookie, and for a minute encrypted in an `AnsweredForm`.
    """

    __tablename__ = "authsite_session"
    __table_args__ = (ip_address_index("authsite_session"),)

    id: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    #: SHA-256 of the cookie's secret, 32 bytes.
    secret_digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    user_id: Mapped[str] = mapped_column(
        sa.ForeignKey("authsite_user.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Time of the last authentication in this session.
    authenticated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The nearer of the idle and the absolute timeout. The purge deletes by it.
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    user_agent: Mapped[str | None] = mapped_column(sa.String(512))
    ip_address: Mapped[str | None] = mapped_column(IpAddress)
    #: Whether the user signed in on a public computer: shorter timeouts, no persistent cookie.
    public_computer: Mapped[bool] = mapped_column(server_default=sa.false())

    #: How the session was started: one of `authsite.audit.event_types.AuthMethod`.
    auth_method: Mapped[str] = mapped_column(sa.String(20), server_default="password")
    #: What the user calls it.
    name: Mapped[str | None] = mapped_column(sa.String(60))

    #: SHA-256 of the secret before the last rotation; see `authsite.accounts.session_secrets`.
    previous_secret_digest: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    #: The current secret is derived from this salt, the site's key and the previous secret.
    rotation_salt: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    rotated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __repr__(self) -> str:
        return f"<UserSession {self.id} of {self.user_id}>"
