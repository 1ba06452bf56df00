"""`/authsite-static`: the style sheet and the icon."""

from pyramid.response import FileResponse, Response
from pyramid.security import NO_PERMISSION_REQUIRED

from authsite.http.static import LIFETIME
from authsite.resources.static_files import StaticFile
from authsite.web.request import Request
from authsite.web.site_views import site_view


@site_view(context=StaticFile, request_method="GET", permission=NO_PERMISSION_REQUIRED)
def static_file(context: StaticFile, request: Request) -> Response:
    """Return the file. No identity is loaded: everyone has the permission."""
    response = FileResponse(context.file_path, request=request)
    response.cache_expires(int(LIFETIME.total_seconds()), public=True)
    return response
