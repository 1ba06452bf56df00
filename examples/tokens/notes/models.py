"""Tokens and notes of users, and `request.dbsession`."""

import sqlalchemy as sa
import zope.sqlalchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

from authsite.models import User


class Base(DeclarativeBase):
    """The tables of this application, apart from those of authsite."""


class Token(Base):
    """A token of a user, of which only the digest is stored."""

    __tablename__ = "token"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), index=True)


class Note(Base):
    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), index=True)
    text: Mapped[str]


def includeme(config):
    config.include("pyramid_tm")
    config.include("pyramid_retry")
    engine = sa.engine_from_config(config.get_settings(), "sqlalchemy.")
    Base.metadata.create_all(engine)  # an application of your own has migrations
    session_factory = sessionmaker(engine)
    config.registry["dbsession_factory"] = session_factory

    def dbsession(request):
        dbsession = session_factory()
        zope.sqlalchemy.register(dbsession, transaction_manager=request.tm)
        return dbsession

    config.add_request_method(dbsession, reify=True)
