"""The list of pages, and the form for a new one."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config

from wiki.models import Page, Wiki


@view_config(
    context=Wiki, request_method="GET", permission="view", renderer="wiki:templates/wiki.jinja2"
)
def show(wiki, _request):
    return {"pages": [wiki[name] for name in sorted(wiki)]}


@view_config(
    context=Wiki,
    name="add",
    request_method="GET",
    permission="write",
    renderer="wiki:templates/add.jinja2",
)
def form(_wiki, _request):
    return {}


@view_config(context=Wiki, name="add", request_method="POST", permission="write")
def add(wiki, request):
    name = "".join(filter(str.isalnum, request.POST.get("name", "")))
    if not name or name in wiki:
        return HTTPSeeOther(request.resource_path(wiki, "add"))
    text = request.POST.get("text", "")
    wiki[name] = Page(wiki, name, text, author=request.identity.user_id)
    return HTTPSeeOther(request.resource_path(wiki[name]))
