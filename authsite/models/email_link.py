"""The table of links that were sent and can still be followed."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, UtcDateTime


class EmailLink(Base):
    """Something that happens once, when whoever has the link wants it; the row goes when it has.

    The token itself is nowhere but in the link.
    """

    __tablename__ = "pending_link"

    #: SHA-256 of the token, 32 bytes.
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    #: One of `authsite.accounts.links.Purpose`.
    purpose: Mapped[str] = mapped_column(sa.String(20))
    #: The address that the link was sent to, as typed, and its key.
    email: Mapped[str] = mapped_column(sa.String(254))
    email_normalized: Mapped[str] = mapped_column(sa.String(254), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: From when on it leads nowhere; what the sweeper looks for.
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    def __repr__(self) -> str:
        return f"<EmailLink {self.purpose} of {self.user_id}>"
