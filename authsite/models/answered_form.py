"""The table of forms that were answered within the last minute."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, UtcDateTime


class AnsweredForm(Base):
    """An accepted form with its answer, in case the form is sent again.

    Neither the form nor the answer can be read from the row: both need the secret of the site and
    the form itself.
    """

    __tablename__ = "authsite_answered_form"

    #: MAC of the form: its token, its URL and all fields; 32 bytes.
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    #: The answer, encrypted under a key that is derived from the same form.
    answer: Mapped[bytes] = mapped_column(sa.LargeBinary)
    #: The session that the answer starts, with the digest of its secret, or the session that sent
    #: the form, without. When the session ends, the row is deleted.
    session_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("authsite_session.id", ondelete="CASCADE"), index=True
    )
    secret_digest: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    #: The purge deletes by it.
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
