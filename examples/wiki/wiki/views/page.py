"""A page: show it, and delete it."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config

from wiki.models import Page


@view_config(
    context=Page, request_method="GET", permission="view", renderer="wiki:templates/page.jinja2"
)
def show(page, _request):
    return {"page": page}


@view_config(context=Page, name="delete", request_method="POST", permission="delete")
def delete(page, request):
    wiki = page.__parent__
    del wiki[page.__name__]
    return HTTPSeeOther(request.resource_path(wiki))
