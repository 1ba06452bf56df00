"""Requests as a server hands them on, for what no well-behaved client would send."""

import html
import io
from typing import Any
from urllib.parse import unquote_to_bytes

from pyramid.response import Response
from webob import Request


def ask(application: Any, target: str, *, method: str = "GET", **environ: Any) -> Response:
    """Send one request; `target` is what stands in the first line, percent signs and all."""
    path, _, query = target.partition("?")
    body = environ.pop("body", b"")
    request = Request.blank("/")
    request.environ.update(
        {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "192.0.2.1",
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
        }
    )
    request.environ.update(environ)
    response = request.get_response(application)
    _ = response.body  # read to the end, as a server does, so that files are closed
    return response


def heading_of(response: Response) -> str:
    """Return the h1 of a page, without the markup."""
    _, _, rest = response.text.partition("<h1")
    return html.unescape(rest.partition(">")[2].partition("</h1>")[0].strip())


def is_page(answer: Response, status: int, heading: str) -> bool:
    """Whether this is a page in the look of the site, and says nothing of what happened inside."""
    return (
        (answer.status_int, answer.content_type) == (status, "text/html")
        and heading_of(answer) == heading
        and 'rel="stylesheet"' in answer.text
        and not any(
            word in answer.text for word in ("UnexpectedError", "Traceback", "SQL", "psycopg")
        )
        and answer.headers["Cache-Control"] == "no-store"
    )
