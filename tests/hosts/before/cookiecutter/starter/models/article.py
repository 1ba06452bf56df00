from sqlalchemy.orm import Mapped, mapped_column

from .meta import Base


class Article(Base):
    __tablename__ = 'articles'
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
