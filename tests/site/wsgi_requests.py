"""Requests as a server passes them on, for those that no client library sends."""

import html
import io
from typing import Any
from urllib.parse import unquote_to_bytes

from pyramid.response import Response
from webob import Request


def send_request(application: Any, target: str, *, method: str = "GET", **environ: Any) -> Response:
    """Send one request; `target` is that of its first line, still quoted."""
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
    _ = response.body  # read to the end as a server does, which closes files
    return response


def heading_of(response: Response) -> str:
    """Return the h1 of a page, without the markup."""
    _, _, rest = response.text.partition("<h1")
    return html.unescape(rest.partition(">")[2].partition("</h1>")[0].strip())


def is_page(response: Response, status: int, heading: str) -> bool:
    """Whether this is a page of the site that reveals no internals."""
    return (
        (response.status_int, response.content_type) == (status, "text/html")
        and heading_of(response) == heading
        and 'rel="stylesheet"' in response.text
        and not any(
            word in response.text
            for word in ("UnexpectedError", "Traceback", "[SQL", "sqlalchemy", "psycopg")
        )
        and response.headers["Cache-Control"] == "no-store"
    )
