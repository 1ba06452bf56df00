"""Security headers, and a request id, on every response."""

import contextvars
import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from pyramid.response import Response
from webob.request import DisconnectionError

log = logging.getLogger(__name__)

#: The id of the current request, for the log and for error pages.
request_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("request_id", default=None)


def content_security_policy(
    *,
    style: Sequence[str] = (),
    font: Sequence[str] = (),
    img: Sequence[str] = (),
    script: Sequence[str] = (),
) -> str:
    """Return the policy of pages, which allows these sources as well.

    Without any, pages load style sheets and images of this site, and nothing else.
    """
    sources = {
        "default-src": ["'none'"],
        "style-src": ["'self'", *style],
        "font-src": font,
        "img-src": ["'self'", *img],
        "script-src": script,
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(
        f"{directive} {' '.join(dict.fromkeys(allowed))}"
        for directive, allowed in sources.items()
        if allowed
    )


#: The policy of a site whose settings add no sources.
CONTENT_SECURITY_POLICY = content_security_policy()
ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    # `no-referrer` would make browsers send `Origin: null` with forms.
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
#: Two years and all subdomains, as hstspreload.org requires (ASVS 3.4.1).
HSTS = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")

#: Names that a host application does not set on authsite's pages, in lower case.
_OWN = frozenset(
    {"cache-control", "content-security-policy", *(name.lower() for name, _ in (*ALWAYS, HSTS))}
)
_NOTED = "authsite.headers"

ExecutionPolicy = Callable[[dict[str, Any], Any], Response]


def note_headers(environ: dict[str, Any], response: Response) -> None:
    """Note the security headers of a page of authsite, before a host application can change them.

    Subscribers, callbacks and tweens that set headers for all pages of the host run later.
    """
    environ[_NOTED] = [each for each in response.headerlist if each[0].lower() in _OWN]


def without_headers_of_host(policy: ExecutionPolicy) -> ExecutionPolicy:
    """Return an execution policy that restores the noted headers, for pages in a host."""

    def execute(environ: dict[str, Any], router: Any) -> Response:
        response = policy(environ, router)
        others = [each for each in response.headerlist if each[0].lower() not in _OWN]
        response.headerlist = [*others, *environ.pop(_NOTED, ())]
        return response

    return execute


def with_headers(
    policy: ExecutionPolicy, *, https: bool, content_policy: str = CONTENT_SECURITY_POLICY
) -> ExecutionPolicy:
    """Return an execution policy that adds a request id and security headers.

    Not a tween, since pyramid_retry runs outside of all tweens, and errors of tweens need a page as
    well. A response keeps headers of its own, except that one with a cookie is never cached.
    Others without `Cache-Control` are not cached either: most pages have a user or a form.
    """
    always = [
        (name.lower(), (name, value)) for name, value in ((*ALWAYS, HSTS) if https else ALWAYS)
    ]

    def execute(environ: dict[str, Any], router: Any) -> Response:
        reset = request_id.set(secrets.token_hex(6))
        try:
            response = policy(environ, router)
        except DisconnectionError:  # the body is shorter than its Content-Length
            log.warning("input_validation_fail: a body shorter than announced")
            response = Response("The request ended too early.", 400, content_type="text/plain")
        except Exception:
            log.exception("sys_crash: an error without an error page")
            response = Response("Something went wrong.", 500, content_type="text/plain")
        finally:
            request_id.reset(reset)
        headers = response.headerlist
        names = [name.lower() for name, _ in headers]
        if "set-cookie" in names:  # no cache may share a user's cookie
            response.headers["Cache-Control"] = "no-store"
        elif "cache-control" not in names:
            headers.append(("Cache-Control", "no-store"))
        if "content-security-policy" not in names:
            headers.append(("Content-Security-Policy", content_policy))
        headers.extend([header for name, header in always if name not in names])
        return response

    return execute
