from sqlalchemy import engine_from_config
from sqlalchemy.orm import configure_mappers, sessionmaker
import zope.sqlalchemy

from .page import Page
from .user import User

configure_mappers()


def includeme(config):
    settings = config.get_settings()
    settings['tm.manager_hook'] = 'pyramid_tm.explicit_manager'
    config.include('pyramid_tm')
    config.include('pyramid_retry')
    session_factory = sessionmaker(engine_from_config(settings, 'sqlalchemy.'))
    config.registry['dbsession_factory'] = session_factory

    def dbsession(request):
        dbsession = session_factory()
        zope.sqlalchemy.register(dbsession, transaction_manager=request.tm)
        return dbsession

    config.add_request_method(dbsession, reify=True)
