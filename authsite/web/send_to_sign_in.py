"""Send anonymous visitors to sign in, from pages of authsite and of a host application."""

from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPForbidden
from pyramid.request import Request
from pyramid.response import Response

from authsite.http.redirects import redirect, safe_path
from authsite.security.sessions import identity_of


def send_to_sign_in(context: HTTPForbidden, request: Request) -> Response:
    """Redirect anonymous visitors to sign in (303), and answer a signed-in user with `context`.

    It is a forbidden view, and can be called from one: `context` is the exception, Pyramid's plain
    403. After signing in, visitors return to the page of a GET or HEAD, if `safe_path` accepts it:
    a longer path would exceed the limits of servers once it is quoted (ASVS 4.2.5).
    """
    if identity_of(request) is not None:
        return context
    sign_in = request.authsite.path("sign-in")
    path = safe_path(request.path_qs) if request.method in {"GET", "HEAD"} else None
    return redirect(f"{sign_in}?{urlencode({'next': path})}" if path else sign_in)
