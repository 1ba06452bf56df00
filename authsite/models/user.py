"""The table of people who have an account."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, UtcDateTime


class User(Base):
    """A person's account. `email` is kept as typed; `email_normalized` is what makes it unique."""

    __tablename__ = "user"
    __table_args__ = (
        sa.CheckConstraint("length(first_name) BETWEEN 1 AND 100", name="first_name_length"),
        sa.CheckConstraint("length(last_name) BETWEEN 1 AND 100", name="last_name_length"),
    )

    id: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    first_name: Mapped[str] = mapped_column(sa.String(100))
    last_name: Mapped[str] = mapped_column(sa.String(100))
    email: Mapped[str] = mapped_column(sa.String(254))
    email_normalized: Mapped[str] = mapped_column(sa.String(254), unique=True)
    #: A PHC string: algorithm, parameters, salt and hash in one; before it the id of a pepper.
    #: Without one nobody signs in until a password is chosen by a link from a mail.
    password_hash: Mapped[str | None] = mapped_column(sa.String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: When its owner has shown that mail to it reaches them.
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: When the account goes, if its owner has closed it; what the sweeper looks for.
    delete_after: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)

    #: Since when nobody signs in, because somebody who runs the site said so, and why: in words
    #: that the owner is shown.
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspension_reason: Mapped[str | None] = mapped_column(sa.String(200))
    #: Since when browsers count that are signed in with; what was one before is new to the account.
    #: Set when the owner has taken the account back from somebody else.
    devices_valid_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Whether this person may open the pages of those who run the site.
    is_administrator: Mapped[bool] = mapped_column(server_default=sa.false())
    #: By what another system knew the account that it was imported from: its name and an id there.
    external_id: Mapped[str | None] = mapped_column(sa.String(120), unique=True)

    def __repr__(self) -> str:
        return f"<User {self.id}>"
