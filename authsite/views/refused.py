"""Error pages for forms and pages that are refused: no valid token, or no permission."""

import logging

from pyramid.exceptions import BadCSRFToken
from pyramid.httpexceptions import HTTPForbidden
from pyramid.response import Response

from authsite.accounts.answered_forms import FormAnswered
from authsite.http.redirects import redirect
from authsite.resources.site_map import allowed_methods
from authsite.views.errors import error_page
from authsite.views.sign_in import session_ended_page
from authsite.views.switch_account import already_signed_in
from authsite.web.form_bodies import form_of
from authsite.web.forms import MAX_RAW_LENGTH
from authsite.web.interrupted_requests import InterruptedRequest
from authsite.web.pages import expired_form_page
from authsite.web.request import Request
from authsite.web.send_to_sign_in import send_to_sign_in
from authsite.web.site_views import error_view

log = logging.getLogger(__name__)


@error_view(BadCSRFToken)
@error_view(FormAnswered)
def refused_form(request: Request) -> Response:
    """Answer a form without a valid CSRF token.

    If a page of this site sent it, the answer shows what was entered, and a button that sends it
    again, or the sign-in page if that has kept another form. Otherwise another site could let the
    user send what they have not entered.
    """
    kept = _kept(request)
    if kept:
        kept_before = InterruptedRequest.from_sign_in(request.POST)
        if kept_before.fields is not None:
            email = request.POST.get("email", "")[:MAX_RAW_LENGTH]
            return session_ended_page(request, kept_before, email=email)
        return expired_form_page(request, kept, has_page="GET" in allowed_methods(request))
    return error_page(
        request,
        403,
        "This form has expired",
        "Nothing was changed. Reload the page and try again.",
        "If this happens again, allow cookies for this site.",
        links=(
            (
                "Reload page",
                request.authsite.path(*request.authsite.display_path.lstrip("/").split("/")),
            ),
        ),
    )


@error_view(HTTPForbidden)
def forbidden(exc: HTTPForbidden, request: Request) -> Response:
    """Send visitors to sign in, and signed-in users away from anonymous pages; refuse the rest.

    After signing in, visitors return to the page of a GET. Their form is kept. Signing out without
    a session succeeds.
    """
    if request.authsite.identity is None:
        is_sign_out = request.authsite.display_path == "/sign-out"
        if request.method in {"GET", "HEAD"}:
            sign_in = request.authsite.path("sign-in")
            return redirect(sign_in) if is_sign_out else send_to_sign_in(exc, request)
        is_own = request.authsite.services.csrf.is_same_origin(request)
        if is_own and request.method == "POST" and is_sign_out:
            return redirect(
                request.authsite.path_after_sign_out,
                [request.authsite.services.flash.set("signed-out")],
            )
        kept = _kept(request)
        if kept and kept.kept is not None:
            return session_ended_page(request, kept)
        return error_page(
            request,
            403,
            "You're not signed in",
            "Nothing was changed. Sign in and try again.",
            links=(("Sign in", request.authsite.path("sign-in")),),
        )
    if getattr(exc.result, "permission", None) == "anonymous":
        return already_signed_in(request)
    log.warning("authz_fail: user_id=%s", request.authsite.identity.user_id)
    return error_page(
        request,
        403,
        "You don't have access to this page",
        "Ask an administrator if you think you should.",
    )


def _kept(request: Request) -> InterruptedRequest | None:
    """Return the form of this request if a page of this site sent it; None if it is not kept.

    Traversal refuses anonymous requests before a view has looked at their bodies. A large body, or
    one of another type, is costly to parse, so that nothing does.
    """
    if form_of(request) is None:
        return None
    kept = InterruptedRequest.capture(request)
    return kept if kept.fields is not None else None
