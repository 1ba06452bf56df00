"""The tables, and `request.dbsession`."""

import zope.sqlalchemy
from sqlalchemy import engine_from_config
from sqlalchemy.orm import configure_mappers, sessionmaker

from orders.models.clerk import Clerk
from orders.models.order import Order

__all__ = ["Clerk", "Order"]

configure_mappers()


def get_tm_session(session_factory, transaction_manager):
    """Return a dbsession that takes part in the transactions of the manager."""
    dbsession = session_factory()
    zope.sqlalchemy.register(dbsession, transaction_manager=transaction_manager)
    return dbsession


def includeme(config):
    settings = config.get_settings()
    settings["tm.manager_hook"] = "pyramid_tm.explicit_manager"
    config.include("pyramid_tm")
    config.include("pyramid_retry")

    engine = settings.get("dbengine") or engine_from_config(settings, "sqlalchemy.")
    session_factory = sessionmaker(engine)
    config.registry["dbsession_factory"] = session_factory

    def dbsession(request):
        shared = request.environ.get("app.dbsession")
        return get_tm_session(session_factory, request.tm) if shared is None else shared

    config.add_request_method(dbsession, reify=True)
