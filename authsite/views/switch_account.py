"""`/switch-account`: a signed-in user signs in to another account."""

from pyramid.response import Response

from authsite.accounts.sign_in import normalize_email
from authsite.http.redirects import MAXIMUM_LENGTH, redirect, safe_path
from authsite.resources import Root
from authsite.security.policy import require_identity
from authsite.views.sign_in import SignInForm, SignInPage
from authsite.web.form_pages import form_views
from authsite.web.rendering import page
from authsite.web.request import Request


@form_views(context=Root, name="switch-account", permission="authenticated")
class SwitchAccountPage(SignInPage):
    """The form of the sign-in page, which ends this session and starts one of another account."""

    template = "switch_account"


def already_signed_in(request: Request) -> Response:
    """Answer a request for a page for visitors, such as the sign-in page, from a signed-in user.

    A link, and a form for the user's own account, lead on. A form for another account, which an
    older tab has sent, asks whether to switch. No password is checked: the answer shows nothing
    that the user does not know.
    """
    own_email, email = require_identity(request).email, _field(request, "email")
    next_path = safe_path(_field(request, "next")) or request.path_to("dashboard")
    is_own = not email or normalize_email(email) == normalize_email(own_email)
    if is_own or not request.services.csrf.is_same_origin(request):
        return redirect(next_path)
    if request.view_name == "sign-up":
        return page(
            request,
            "error",
            status=409,
            title="You're already signed in",
            explanation=[
                f"You're signed in as {own_email}. Sign out before you create another account."
            ],
            links=[("Stay signed in", next_path), ("Sign out", request.path_to("sign-out"))],
            request_id=None,
        )
    switch = SwitchAccountPage(None, request)
    return switch.page(SignInForm(data={"email": email, "next": next_path}), status=409)


def _field(request: Request, name: str) -> str | None:
    """Return a field of the form, or of the query of a link."""
    value = (request.POST if request.method == "POST" else request.GET).get(name)
    return value if isinstance(value, str) and len(value) <= MAXIMUM_LENGTH else None
