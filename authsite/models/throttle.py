"""The table of what was tried of late, and how often."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base


class Throttle(Base):
    """One row for each limit and whoever it holds up: an account, a browser, a network.

    Times are milliseconds since 1970 (UTC), since the statement that counts also computes the next
    wait, and databases do not agree on how to do that with times.
    """

    __tablename__ = "throttle"

    #: A keyed digest of what is counted, 32 bytes: what people typed is not to be read here.
    key: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    #: When the first hit was counted. It tells this count from a later one under the same key.
    window_started_at: Mapped[int] = mapped_column(sa.BigInteger)
    hits: Mapped[int]
    #: From when on a hit is let through again, if there have been as many as may.
    blocked_until: Mapped[int] = mapped_column(sa.BigInteger)
    #: From when on the row counts for nothing; what the sweeper looks for.
    expires_at: Mapped[int] = mapped_column(sa.BigInteger, index=True)
