"""The page for URLs without a page."""

from pyramid.view import notfound_view_config


@notfound_view_config(renderer="orders:templates/404.jinja2")
def not_found(request):
    request.response.status = 404
    return {}
