from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config

from .. import models


@view_config(route_name='view_wiki')
def view_wiki(request):
    return HTTPSeeOther(location=request.route_url('view_page', pagename='FrontPage'))

@view_config(route_name='view_page', renderer='tutorial:templates/view.jinja2',
             permission='view')
def view_page(request):
    return {'page': request.context.page}

@view_config(route_name='add_page', renderer='tutorial:templates/edit.jinja2',
             permission='create')
@view_config(route_name='edit_page', renderer='tutorial:templates/edit.jinja2',
             permission='edit')
def edit_page(request):
    name = request.matchdict['pagename']
    page = getattr(request.context, 'page', None)
    if request.method == 'POST':
        if page is None:
            page = models.Page(name=name, creator=request.identity)
            request.dbsession.add(page)
        page.data = request.POST['body']
        return HTTPSeeOther(location=request.route_url('view_page', pagename=name))
    return {'text': page.data if page else ''}
