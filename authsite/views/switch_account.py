"""`/switch-account`: a signed-in user signs in to another account."""

from urllib.parse import urlencode

from pyramid.response import Response

from authsite.accounts.sign_in import normalize_email
from authsite.http.redirects import MAXIMUM_LENGTH, redirect, safe_path
from authsite.resources import Root
from authsite.security.policy import require_identity
from authsite.views.sign_in import SignInPage
from authsite.web.form_pages import form_views
from authsite.web.request import Request


@form_views(context=Root, name="switch-account", permission="authenticated")
class SwitchAccountPage(SignInPage):
    """The form of the sign-in page, which ends this session and starts one of another account."""

    template = "switch_account"


def already_signed_in(request: Request) -> Response:
    """Redirect a signed-in user who requests a page for visitors, such as the sign-in page.

    A link, and a form for the user's own account, lead on. A form for another account, which an
    older tab has sent, leads to the page where they can switch. No password is checked: the
    answer shows nothing that the user does not know. After a redirect, the Back button works.
    """
    own_email, email = require_identity(request).email, _field(request, "email")
    next_path = safe_path(_field(request, "next"))
    if not email or normalize_email(email) == normalize_email(own_email):
        return redirect(next_path or request.path_to("dashboard"))
    switch = request.path_to("switch-account")
    return redirect(f"{switch}?{urlencode({'next': next_path})}" if next_path else switch)


def _field(request: Request, name: str) -> str | None:
    """Return a field of the form, or of the query of a link."""
    value = (request.POST if request.method == "POST" else request.GET).get(name)
    return value if isinstance(value, str) and len(value) <= MAXIMUM_LENGTH else None
