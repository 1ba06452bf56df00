"""`/switch-account`: a signed-in user signs in to another account."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pyramid.response import Response

from authsite.accounts.sign_in import normalize_email
from authsite.http.redirects import MAXIMUM_LENGTH, redirect, safe_path
from authsite.resources import Root
from authsite.security.sessions import require_identity
from authsite.views.sign_in import SignInPage
from authsite.web.form_bodies import form_of
from authsite.web.form_pages import form_views
from authsite.web.interrupted_requests import InterruptedRequest
from authsite.web.pages import expired_form_page
from authsite.web.request import Request


@form_views(context=Root, name="switch-account", permission="authenticated")
class SwitchAccountPage(SignInPage):
    """The form of the sign-in page, which ends this session and starts one of another account."""

    template = "switch_account"


def already_signed_in(request: Request) -> Response:
    """Lead a signed-in user on who requests a page for visitors, such as the sign-in page.

    A link, and a form for the user's own account, lead on, by way of a form that the sign-in page
    has kept. A form for another account, which an older tab has sent, leads to the page where they
    can switch. No password is checked: the answer shows nothing that the user does not know. After
    a redirect, the Back button works.
    """
    fields = form_of(request) or {}
    next_path, email = safe_path(_text(fields or request.GET, "next")), _text(fields, "email")
    own_email = require_identity(request).email
    if not email or normalize_email(email) == normalize_email(own_email):
        kept = InterruptedRequest.from_sign_in(fields)
        if kept.fields is not None:
            return expired_form_page(request, kept)
        return redirect(next_path or request.authsite.frame.landing_page)
    switch = request.authsite.path("switch-account")
    return redirect(
        f"{switch}?{urlencode({'next': next_path})}" if next_path else switch,
        [request.authsite.services.flash.set("form-not-sent")],
    )


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and len(value) <= MAXIMUM_LENGTH else None
