from pyramid.authorization import Allow, Everyone
from pyramid.httpexceptions import HTTPNotFound
import sqlalchemy as sa

from . import models


def includeme(config):
    config.add_route('view_wiki', '/')
    config.add_route('login', '/login')
    config.add_route('logout', '/logout')
    config.add_route('view_page', '/{pagename}', factory=page_factory)
    config.add_route('add_page', '/add_page/{pagename}',
                     factory=NewPage)
    config.add_route('edit_page', '/{pagename}/edit_page',
                     factory=page_factory)

class NewPage:
    __acl__ = [(Allow, 'role:editor', 'create'), (Allow, 'role:basic', 'create')]

    def __init__(self, request):
        self.pagename = request.matchdict['pagename']

def page_factory(request):
    name = request.matchdict['pagename']
    query = sa.select(models.Page).where(models.Page.name == name)
    page = request.dbsession.scalars(query).one_or_none()
    if page is None:
        raise HTTPNotFound
    return PageResource(page)

class PageResource:
    def __init__(self, page):
        self.page = page

    def __acl__(self):
        return [
            (Allow, Everyone, 'view'),
            (Allow, 'role:editor', 'edit'),
            (Allow, 'u:' + str(self.page.creator_id), 'edit'),
        ]
