"""The table of counted attempts."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base


class Throttle(Base):
    """One row per rate limit and account, device or network that it counts.

    Times are milliseconds since 1970 (UTC): the statement that counts also computes the next delay,
    and SQLite and PostgreSQL calculate with timestamps in different ways.
    """

    __tablename__ = "authsite_throttle"

    #: A keyed digest of what is counted, 32 bytes, so that email addresses cannot be read here.
    key: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    #: When the first hit was counted. It tells this window from a later one under the same key.
    window_started_at: Mapped[int] = mapped_column(sa.BigInteger)
    hits: Mapped[int]
    #: When the next hit is allowed, once the limit is reached.
    blocked_until: Mapped[int] = mapped_column(sa.BigInteger)
    #: When the row no longer counts. The purge deletes by it.
    expires_at: Mapped[int] = mapped_column(sa.BigInteger, index=True)
