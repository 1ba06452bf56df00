"""Users who deliver orders."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from authsite.models import User
from orders.models.meta import Base


class Clerk(Base):
    __tablename__ = "clerk"

    user_id: Mapped[str] = mapped_column(
        sa.ForeignKey(User.id, ondelete="CASCADE"), primary_key=True
    )
