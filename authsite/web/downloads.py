"""Files with the data of an account, which its user downloads."""

from collections.abc import Iterator
from tempfile import TemporaryFile

from pyramid.response import FileIter, Response

from authsite.accounts.export_account import count_export
from authsite.clock import utc_now
from authsite.http.redirects import redirect
from authsite.security.sessions import require_identity
from authsite.web.request import Request


def download(request: Request, filename: str, content_type: str, parts: Iterator[str]) -> Response:
    """Return a file of the `parts`, which browsers save instead of showing it.

    It is written to the disk first, and the server sends it by itself if it can (PEP 3333):
    otherwise a slow client would occupy a thread for the whole download. HEAD and
    links on other sites, which could use the downloads up, read and count nothing. Raises
    `RateLimited`.
    """
    if request.environ.get("HTTP_SEC_FETCH_SITE", "none") not in {"none", "same-origin"}:
        return redirect(request.authsite.path("account"))
    response = Response(content_type=content_type, charset="UTF-8")
    response.content_disposition = f'attachment; filename="{filename}"'
    if request.method == "HEAD":
        response.content_length = None
        return response
    user_id = require_identity(request).user_id
    with count_export(request.authsite.services.throttles, user_id, now=utc_now()):
        file = TemporaryFile()  # noqa: SIM115 - closed by the server
        file.writelines(part.encode("utf-8") for part in parts)
    length = file.tell()
    file.seek(0)
    response.app_iter = request.environ.get("wsgi.file_wrapper", FileIter)(file)
    response.content_length = length  # last: WebOb forgets it when `app_iter` is set
    return response
