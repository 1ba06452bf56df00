"""The table of email links that can still be used."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, UtcDateTime


class EmailLink(Base):
    """A single-use link sent by email; consuming it deletes the row.

    The token is in the link; for a minute, an `AnsweredForm` that redirects there has it encrypted.
    """

    __tablename__ = "authsite_email_link"

    #: SHA-256 of the token, 32 bytes.
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(
        sa.ForeignKey("authsite_user.id", ondelete="CASCADE"), index=True
    )
    #: One of `authsite.accounts.email_links.Purpose`.
    purpose: Mapped[str] = mapped_column(sa.String(20))
    #: The email address that the link was sent to, as entered and normalized.
    email: Mapped[str] = mapped_column(sa.String(254))
    email_normalized: Mapped[str] = mapped_column(sa.String(254), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The purge deletes by it.
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    def __repr__(self) -> str:
        return f"<EmailLink {self.purpose} of {self.user_id}>"
