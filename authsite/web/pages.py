"""Responses that several views share."""

import logging
from datetime import timedelta
from typing import Any

from pyramid.response import Response

from authsite.durations import humanize
from authsite.throttling.throttles import RateLimited
from authsite.web.interrupted_requests import InterruptedRequest
from authsite.web.rendering import page
from authsite.web.request import Request
from authsite.web.throttle_messages import THROTTLE_MESSAGES

log = logging.getLogger(__name__)

#: `Retry-After` in seconds when the hash queue is full or the database is unavailable.
RETRY_AFTER = 5
BUSY = "We're busy right now. Try again in a few seconds."


def form_page(
    request: Request, template: str, *, form: Any, status: int = 200, **values: Any
) -> Response:
    """Return the page that `authsite/<template>.jinja2` makes of a form and `values`."""
    return page(request, template, status=status, form=form, **values)


def keep_for_back(request: Request, response: Response) -> Response:
    """Let the Back button return to the answer to a visitor's form; without it, browsers fail.

    They cannot load the answer again without sending the form again. It shows what was entered, but
    no password. Pages of signed-in users are not kept: the next person could return to them.
    """
    if request.method == "POST" and request.authsite.identity is None:
        response.headers["Cache-Control"] = "private, no-cache"
    return response


def expired_form_page(
    request: Request, form: InterruptedRequest, *, has_page: bool = False
) -> Response:
    """Return the page for a form without a valid token, with a button that sends it again.

    `has_page` is true if a GET of its URL is known to show a page.
    """
    return page(
        request,
        "expired_form",
        status=403,
        url=form.url,
        fields=form.fields,
        reload=has_page,
    )


def mail_sent_page(request: Request, *sentences: str, again: tuple[str, ...]) -> Response:
    """Return the page that tells visitors to check their email.

    `again` is the path of the form that sent the email.
    """
    leave = ("Back to account", "account") if request.authsite.identity else ("Sign in", "sign-in")
    response = page(
        request,
        "mail_sent",
        title="Check your email",
        sentences=sentences,
        links=[
            (leave[0], request.authsite.path(leave[1])),
            ("Try again", request.authsite.path(*again)),
        ],
    )
    return keep_for_back(request, response)


def invalid_link_page(request: Request, *, again: tuple[str, str]) -> Response:
    """Return the page for a link that cannot be used (410, RFC 9110 15.5.11).

    It is the same for links that were used, have expired or never existed. `again` is the label and
    the path of a button that offers a new link.
    """
    return page(
        request,
        "invalid_link",
        status=410,
        title="This link is no longer valid",
        explanation=[
            (
                "Each link works once and for a limited time. This one was used, has expired or "
                "was replaced by a newer one."
            ),
            "If you copied it, make sure that nothing is missing at its end.",
        ],
        links=[again],
    )


def throttle_message(request: Request, limited: RateLimited) -> str:
    """Log and count a throttled attempt; return the reason and the delay as a message."""
    log.warning("excess_rate_limit_exceeded: %s", limited.limit, extra={"limit": limited.limit})
    request.authsite.services.metrics.count_throttled(limited.limit)
    reason, hint = THROTTLE_MESSAGES[limited.limit]
    return f"{reason} Try again in {humanize(limited.retry_after)}. {hint}".strip()


def retry_after(limited: RateLimited) -> int:
    """Return the seconds for `Retry-After` (RFC 9110 10.2.3), rounded up."""
    return -(-limited.retry_after // timedelta(seconds=1))
