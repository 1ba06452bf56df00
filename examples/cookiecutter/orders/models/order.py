"""Orders of users."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models import User
from orders.models.meta import Base


class Order(Base):
    __tablename__ = "order"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), index=True)
    article: Mapped[str] = mapped_column(sa.String(200))
    delivered_at: Mapped[datetime | None]
