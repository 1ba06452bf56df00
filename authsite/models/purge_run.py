"""The table by which processes agree on who purges."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, UtcDateTime


class PurgeRun(Base):
    """One row: when the last purge started."""

    __tablename__ = "authsite_purge_run"

    name: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
