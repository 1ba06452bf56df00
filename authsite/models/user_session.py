"""The table of signed-in browsers."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, UtcDateTime


class UserSession(Base):
    """A browser in which somebody is signed in; the row is gone when the session has ended.

    The secret itself is nowhere but in that browser's cookie.
    """

    __tablename__ = "user_session"

    id: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    #: SHA-256 of the cookie's secret, 32 bytes.
    secret_digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    user_id: Mapped[str] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: When the password was last typed in this session.
    authenticated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The nearer of the idle and the absolute limit; what the sweeper looks for.
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    user_agent: Mapped[str | None] = mapped_column(sa.String(512))
    ip_address: Mapped[str | None] = mapped_column(sa.String(45))
    #: Whether its owner said so at the sign-in: it is shorter then, and ends with the browser.
    public_computer: Mapped[bool] = mapped_column(server_default=sa.false())

    #: How its owner showed who they are: one of `authsite.accounts.sessions.Method`.
    method: Mapped[str] = mapped_column(sa.String(20), server_default="password")
    #: What its owner calls it.
    name: Mapped[str | None] = mapped_column(sa.String(60))

    def __repr__(self) -> str:
        return f"<UserSession {self.id} of {self.user_id}>"
