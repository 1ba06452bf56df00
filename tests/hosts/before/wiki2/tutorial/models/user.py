from sqlalchemy.orm import Mapped, mapped_column, relationship
from typing import List, Optional

from .meta import Base


class User(Base):
    __tablename__ = 'users'
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]

    password_hash: Mapped[Optional[str]]

    created_pages: Mapped[List['Page']] = relationship(back_populates='creator')
