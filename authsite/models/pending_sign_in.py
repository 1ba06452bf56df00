"""The table of sign-ins that another step must complete."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, UtcDateTime


class PendingSignIn(Base):
    """A sign-in whose credential was accepted, while a stage is still due.

    It is no session: it carries no identity and no permission. The secret is in its cookie, and for
    a minute encrypted in an `AnsweredForm`.
    """

    __tablename__ = "authsite_pending_sign_in"

    id: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    #: SHA-256 of the cookie's secret, 32 bytes.
    secret_digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    user_id: Mapped[str] = mapped_column(
        sa.ForeignKey("authsite_user.id", ondelete="CASCADE"), index=True
    )
    #: The stage that interrupted, by its name in `authsite.web.authentication`.
    stage: Mapped[str] = mapped_column(sa.String(40))
    #: How the credential was proven: one of `authsite.audit.event_types.AuthMethod`.
    auth_method: Mapped[str] = mapped_column(sa.String(20))
    public_computer: Mapped[bool]
    #: The path to continue at after the sign-in.
    next: Mapped[str | None] = mapped_column(sa.String(2000))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    def __repr__(self) -> str:
        return f"<PendingSignIn {self.id} of {self.user_id}>"
