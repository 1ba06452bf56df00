"""`/.well-known/security.txt` and `/.well-known/change-password` (RFC 8615)."""

from datetime import timedelta

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from authsite.clock import utc_now
from authsite.http.redirects import redirect
from authsite.resources import WellKnown
from authsite.web.request import Request
from authsite.web.site_views import site_view

#: How long after a request the file expires; RFC 9116 2.5.5 advises less than a year.
VALIDITY = timedelta(days=180)


@site_view(context=WellKnown, name="security.txt", request_method="GET", permission="public")
def security_txt(request: Request) -> Response:
    """Return where to report a vulnerability (RFC 9116), or 404 without a contact."""
    settings = request.authsite.services.settings.site
    if settings.security_contact is None:
        raise HTTPNotFound
    fields = [
        ("Contact", settings.security_contact),
        ("Expires", f"{utc_now() + VALIDITY:%Y-%m-%dT%H:%M:%SZ}"),
        ("Canonical", f"{settings.url}{request.authsite.path('.well-known', 'security.txt')}"),
        ("Preferred-Languages", "en"),
    ]
    if settings.security_policy is not None:
        fields.append(("Policy", settings.security_policy))
    text = "".join(f"{name}: {value}\n" for name, value in fields)
    return Response(text, content_type="text/plain", charset="utf-8")


@site_view(context=WellKnown, name="change-password", request_method="GET", permission="public")
def change_password(request: Request) -> Response:
    """Redirect password managers (W3C, *A Well-Known URL for Changing Passwords*)."""
    return redirect(request.authsite.path("account", "password"))
