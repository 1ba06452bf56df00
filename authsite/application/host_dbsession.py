"""The dbsession of a host application, by which authsite writes if there is one."""

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import IRequestExtensions, IRequestFactory
from pyramid.request import Request, apply_request_extensions
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from authsite.models import User


def host_engine(config: Configurator) -> Engine | None:
    """Return the engine of the host's `request.dbsession`, or None if it has none.

    A request is made for it, which connects to nothing. Raises `ConfigurationError` for a
    dbsession that has no engine.
    """
    registry = config.registry
    extensions = registry.queryUtility(IRequestExtensions)
    factory = registry.queryUtility(IRequestFactory) or Request
    added = extensions and {*extensions.methods, *extensions.descriptors}
    if not hasattr(factory, "dbsession") and "dbsession" not in (added or ()):
        return None
    request = factory.blank("/")
    request.registry = registry
    apply_request_extensions(request)
    dbsession = request.dbsession
    if not isinstance(dbsession, Session):
        return None
    try:
        bind = dbsession.get_bind(User)
    except SQLAlchemyError as error:
        raise ConfigurationError(f"request.dbsession has no engine for authsite: {error}") from None
    finally:
        dbsession.close()
    engine: Engine = bind.engine
    return engine
