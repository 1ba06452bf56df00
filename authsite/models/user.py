"""The table of users."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, UtcDateTime

#: Stands for a last name that is not known or not asked for; pages leave it out.
NO_LAST_NAME = "-"


def full_name(first_name: str, last_name: str) -> str:
    """Return both names, or the first one if there is no last name."""
    return first_name if last_name == NO_LAST_NAME else f"{first_name} {last_name}"


class User(Base):
    """The holder of an account. `email` is kept as entered; `email_normalized` makes it unique."""

    __tablename__ = "authsite_user"
    __table_args__ = (
        sa.CheckConstraint("length(first_name) BETWEEN 1 AND 100", name="first_name_length"),
        sa.CheckConstraint("length(last_name) BETWEEN 1 AND 100", name="last_name_length"),
        # For the purge of unverified accounts. Small where most users verify their email.
        sa.Index(
            "ix_authsite_user_unverified_created_at",
            "created_at",
            sqlite_where=sa.text("email_verified_at IS NULL"),
            postgresql_where=sa.text("email_verified_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    first_name: Mapped[str] = mapped_column(sa.String(100))
    last_name: Mapped[str] = mapped_column(sa.String(100))
    email: Mapped[str] = mapped_column(sa.String(254))
    email_normalized: Mapped[str] = mapped_column(sa.String(254), unique=True)
    #: A PHC string, preceded by the id of a pepper. Without one the user cannot sign in until a
    #: password is chosen by an email link.
    password_hash: Mapped[str | None] = mapped_column(sa.String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: When the purge deletes a closed account.
    delete_after: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)

    #: Since when sign-in is blocked, and the reason that the user is shown.
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspension_reason: Mapped[str | None] = mapped_column(sa.String(200))
    #: Devices that signed in before this time are new again. Set when the owner secures or claims
    #: the account.
    devices_valid_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Whether this user may open `/admin`.
    is_administrator: Mapped[bool] = mapped_column(server_default=sa.false())
    #: The system that the account was imported from, and its id there.
    external_id: Mapped[str | None] = mapped_column(sa.String(120), unique=True)

    #: When support last unlocked the account. Throttles of its devices count from then on.
    unlocked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __repr__(self) -> str:
        return f"<User {self.id}>"
