"""Error pages; none of them needs the database."""

import logging
from http import HTTPStatus
from typing import Any

from pyramid.exceptions import PredicateMismatch
from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPException,
    HTTPLengthRequired,
    HTTPNotFound,
    HTTPRequestEntityTooLarge,
    HTTPUnsupportedMediaType,
)
from pyramid.interfaces import IExceptionResponse
from pyramid.response import Response
from pyramid_retry import is_error_retryable, mark_error_retryable

from authsite.accounts.email_links import InvalidLink
from authsite.accounts.pending_sign_ins import SignInExpired
from authsite.accounts.sign_up import SignUpClosed
from authsite.accounts.users import AccountSuspended
from authsite.db.engines import DATABASE_UNAVAILABLE
from authsite.db.sqlite import is_worth_retrying
from authsite.http.headers import request_id
from authsite.http.redirects import redirect
from authsite.passwords.hash_queue import HashQueueFull
from authsite.resources.site_map import allowed_methods
from authsite.throttling.throttles import RateLimited
from authsite.web.pages import (
    BUSY,
    RETRY_AFTER,
    invalid_link_page,
    retry_after,
    throttle_message,
)
from authsite.web.rendering import page
from authsite.web.request import Request
from authsite.web.site_views import error_view

log = logging.getLogger(__name__)

_UNAVAILABLE = (
    "We're having technical problems. If you were signed in, you still are. If you sent a form, "
    "check whether it worked first."
)

Links = tuple[tuple[str, str], ...]


def error_page(
    request: Request, status: int, title: str, *explanation: str, links: Links = (), **values: Any
) -> Response:
    """Return the page for an error, with navigation if the identity can be loaded."""
    try:
        request.authsite.identity  # noqa: B018 - cached for the layout, or unavailable
    except Exception:  # the database is unavailable, or a damaged row cannot be read
        request.authsite.identity = None
        values["database_unavailable"] = True
    return page(
        request,
        "error",
        status=status,
        title=title,
        explanation=explanation,
        links=links or (("Go to the home page", request.authsite.path()),),
        request_id=request_id.get() if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None,
        **values,
    )


@error_view(HTTPBadRequest)
def bad_request(request: Request) -> Response:
    """Answer a request that cannot be parsed (RFC 9110 15.5.1)."""
    return error_page(
        request,
        400,
        "We couldn't read that request",
        "Part of it was broken or in the wrong place. Nothing was changed.",
    )


@error_view(HTTPUnsupportedMediaType)
@error_view(HTTPLengthRequired)
@error_view(HTTPRequestEntityTooLarge)
def refused_body(exc: HTTPException, request: Request) -> Response:
    """Answer a body that cannot be a form of this site (RFC 9110 15.5.12, 15.5.14, 15.5.16)."""
    response = error_page(
        request,
        exc.status_int,
        "We couldn't read that form",
        "It was too large, contained files or had an unknown format. Nothing was changed.",
        "Go back, reload the page and try again.",
    )
    response.headerlist.append(("Accept-Post", "application/x-www-form-urlencoded"))
    return response


@error_view(AccountSuspended)
def suspended(exc: AccountSuspended, request: Request) -> Response:
    """Show why the account is blocked, after its password was verified."""
    return error_page(
        request,
        403,
        "Account suspended",
        exc.reason or "No reason was given.",
        "Contact support if you think this is a mistake.",
    )


@error_view(SignUpClosed)
def sign_up_closed(request: Request) -> Response:
    """Answer a visitor where the settings allow no sign-up."""
    return error_page(
        request,
        403,
        "Sign-up is closed",
        f"{request.authsite.services.settings.site.name} isn't accepting new accounts. "
        "If you have one, sign in.",
        links=(("Sign in", request.authsite.path("sign-in")),),
    )


@error_view(SignInExpired)
def sign_in_expired(request: Request) -> Response:
    """Return to the start of the sign-in, or to the landing page if another tab completed it."""
    if request.authsite.identity:
        return redirect(request.authsite.frame.landing_page)
    return redirect(
        request.authsite.path("sign-in"), [request.authsite.services.flash.set("sign-in-expired")]
    )


@error_view(InvalidLink)
def invalid_link(request: Request) -> Response:
    """Answer a link that cannot be used, for views that do not offer a new one."""
    return invalid_link_page(request, again=("Go to the home page", request.authsite.path()))


@error_view(RateLimited)
def rate_limited(exc: RateLimited, request: Request) -> Response:
    """Answer a throttled request, for views without a form (RFC 6585 4)."""
    title = "Too many attempts"
    links: Links = ()
    if exc.limit in {"export_account", "export_running"}:
        title = "Too many downloads"
        links = (("Back to history", request.authsite.path("account", "history")),)
    response = error_page(request, 429, title, throttle_message(request, exc), links=links)
    response.headerlist.append(("Retry-After", str(retry_after(exc))))
    return response


@error_view(HashQueueFull)
def busy(request: Request) -> Response:
    """Answer when the hash queue is full, for views without a form (RFC 9110 15.6.4)."""
    response = error_page(request, 503, "We're busy right now", BUSY)
    response.headerlist.append(("Retry-After", str(RETRY_AFTER)))
    return response


@error_view(HTTPNotFound)
def not_found(request: Request) -> Response:
    return error_page(request, 404, "Page not found", "Check the URL or go to the home page.")


@error_view(PredicateMismatch)
def wrong_method(request: Request) -> Response:
    """Answer an unsupported method with those that the page supports (RFC 9110 15.5.6)."""
    allowed = allowed_methods(request)
    if not allowed or request.method in allowed:  # another predicate did not match
        return not_found(request)
    response = error_page(
        request, 405, "This page can't handle that request", "Nothing was changed."
    )
    response.headerlist.append(("Allow", ", ".join(allowed)))
    return response


def database_unavailable(exc: Exception, request: Request) -> Response:
    """Answer while the database is unavailable; no session ends."""
    services = request.authsite.services
    if services.uses_host_dbsession and is_worth_retrying(exc):
        mark_error_retryable(exc)  # as the handler of authsite's own engines does
    if not is_error_retryable(request, exc):  # otherwise pyramid_retry attempts the form again
        services.database.outages.report("sys_database_unavailable", exc)
    request.authsite.identity = None  # it is in the database, and a layout may ask for it
    response = page(
        request,
        "error",
        status=503,
        title="We'll be right back",
        explanation=[_UNAVAILABLE],
        links=(
            (
                "Try again",
                request.authsite.path(*request.authsite.display_path.lstrip("/").split("/")),
            ),
        ),
        request_id=request_id.get(),
        database_unavailable=True,
    )
    response.headerlist.append(("Retry-After", str(RETRY_AFTER)))
    return response


for _error in DATABASE_UNAVAILABLE:
    error_view(_error)(database_unavailable)


@error_view(IExceptionResponse)
def response(exc: Response, _request: Request) -> Response:
    """Return an exception that is a response without a page above, such as a raised redirect."""
    return exc


@error_view(Exception)
def crash(exc: Exception, request: Request) -> Response:
    """Answer an unexpected error, whose details only the log shows (ASVS 16.5.1)."""
    log.error("sys_crash: %s", type(exc).__name__, exc_info=exc)
    return error_page(
        request,
        500,
        "Something went wrong on our side",
        "Nothing was changed.",
    )
