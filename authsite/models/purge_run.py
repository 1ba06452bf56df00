"""The table by which processes agree on who sweeps."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models.base import Base, UtcDateTime


class PurgeRun(Base):
    """One row, and the moment at which expired rows were last looked for."""

    __tablename__ = "sweep"

    name: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
