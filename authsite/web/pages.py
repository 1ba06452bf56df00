"""Turning a template into a response."""

import logging
from datetime import timedelta
from typing import Any

from jinja2 import Environment
from pyramid.response import Response

from authsite.durations import humanize
from authsite.throttling.throttles import RateLimited
from authsite.web.forms import SiteForm
from authsite.web.request import Request
from authsite.web.throttle_messages import THROTTLE_MESSAGES

log = logging.getLogger(__name__)

TEMPLATES = "authsite.templates"
#: Seconds after which to try again when the site is too busy or the database is away.
RETRY_AFTER = 5
#: The page on which a try that is held up or put off counts as one to sign in.
_SIGN_IN = "sign_in"
_USED_UP = (
    "Each link works once and for a limited time. This one was used, has expired, or was replaced "
    "by a newer one."
)


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """Return the page that `template` makes of `values`.

    Jinja2 is asked directly: Pyramid's renderers would let subscribers add to the values, at the
    price of a third of the time of a page. The environment is pyramid_jinja2's, so that a host
    application's search path and filters count here as well.
    """
    environment = request.registry[TEMPLATES]
    body = _render(environment, f"{template}.jinja2", request=request, **values).encode("utf-8")
    headers = [("Content-Type", "text/html; charset=UTF-8"), ("Content-Length", str(len(body)))]
    return Response(status=status, headerlist=headers, app_iter=[body])


def _render(environment: Environment, name: str, **values: Any) -> str:
    """Do what `Template.render` does, but put the globals under the values in one step."""
    template = environment.get_template(name)
    context = template.new_context({**environment.globals, **values}, shared=True)
    try:
        return environment.concat(template.root_render_func(context))
    except Exception:
        return environment.handle_exception()


def form_page(
    request: Request, template: str, *, form: SiteForm, status: int, **values: Any
) -> Response:
    """Return a page with a form: new (200), or with mistakes (422).

    What was typed is in it again, but for passwords.
    """
    return page(request, template, status=status, form=form, **values)


def mail_sent_page(request: Request, *sentences: str) -> Response:
    """Return the page that sends its reader to their mailbox, whatever is in the mail."""
    return page(request, "mail_sent", title="Check your email", sentences=sentences)


def invalid_link_page(request: Request, *, again: tuple[str, str] | None) -> Response:
    """Return the page for a link that leads nowhere (410, RFC 9110, 15.5.11).

    It says the same of what was used, has expired or never was; `again` is where to get a new
    link: the words of a button, and the path that it leads to.
    """
    links = [again or ("Go to home page", request.path_to())]
    return page(
        request,
        "invalid_link",
        status=410,
        title="This link is no longer valid",
        explanation=[_USED_UP, "If you copied it, check that nothing is missing at its end."],
        links=links,
    )


def busy_page(request: Request, template: str, *, form: SiteForm, **values: Any) -> Response:
    """Return the page again: the site is too busy to take the form just now (503)."""
    if template == _SIGN_IN:
        request.services.metrics.count_sign_in("busy")
    form.add_error(None, "We're busy right now. Try again in a few seconds.")
    response = form_page(request, template, form=form, status=503, **values)
    response.headerlist.append(("Retry-After", str(RETRY_AFTER)))
    return response


def throttled_page(
    request: Request, template: str, *, form: SiteForm, throttled: RateLimited, **values: Any
) -> Response:
    """Return the page again, with when to try again and what else one can do (429, RFC 6585).

    `Retry-After` is in seconds (RFC 9110, 10.2.3).
    """
    kind = throttled.limit
    log.warning("excess_rate_limit_exceeded: %s", kind, extra={"kind": kind})
    request.services.metrics.count_throttled(kind)
    if template == _SIGN_IN:
        request.services.metrics.count_sign_in("throttled")
    reason, hint = THROTTLE_MESSAGES[kind]
    when = f"Try again in {humanize(throttled.retry_after)}."
    form.add_error(None, f"{reason} {when} {hint}".strip())
    response = form_page(request, template, form=form, status=429, **values)
    response.headerlist.append(
        ("Retry-After", str(-(-throttled.retry_after // timedelta(seconds=1))))
    )
    return response
