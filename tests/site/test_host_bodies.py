"""Bodies of a host application's views are theirs: read by the view, in its own time."""

import tracemalloc
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.response import Response

from authsite.resources import Root
from tests.site.wsgi_requests import send_request

pytestmark = pytest.mark.one_database

MEGABYTE = 1_000_000
SIZE = 60 * MEGABYTE
#: Bytes of memory that a request with 60 MB may need.
MEMORY = 8 * MEGABYTE
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
END = b"\r\n--b--\r\n"


class Upload:
    """A stream of 60 MB that is nowhere in memory, as a server passes it on."""

    def __init__(self, head: bytes = b"", end: bytes = b"") -> None:
        self.left = SIZE
        self._head, self._end = head, end

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        size = self.left if size < 0 else min(size, self.left)
        chunk, self._head = self._head[:size], self._head[size:]
        rest = size - len(chunk)
        self.left -= size
        chunk += b"x" * rest
        return chunk if self.left else chunk[: len(chunk) - len(self._end)] + self._end

    def readline(self, size: int = -1) -> bytes:
        """Return the next bytes, which may end anywhere."""
        return self.read(size if size >= 0 else 1000)


def count_bytes(request: Any) -> Response:
    size = 0
    with request.body_file_raw:  # the copy on disk, for repeating the request
        while chunk := request.body_file.read(65_536):
            size += len(chunk)
    return Response(str(size))


def count_file(request: Any) -> Response:
    with request.body_file_raw, request.POST["file"].file as file:
        return Response(str(file.seek(0, 2)))


@pytest.fixture
def host(new_application):
    """A host application that takes uploads, by a view of the tree and by one of a route."""

    def change(config: Configurator) -> None:
        options = {"permission": "public", "require_csrf": False}
        config.add_view(count_bytes, context=Root, name="upload", **options)
        config.add_view(count_file, context=Root, name="file", **options)
        config.add_route("raw", "/raw")
        config.add_view(count_bytes, route_name="raw", **options)

    return new_application(change)


def upload_to(host, path, content_type, upload):
    """Send the upload; return the answer and the bytes of memory that it took."""
    tracemalloc.start()
    try:
        answer = send_request(
            host,
            path,
            method="POST",
            CONTENT_TYPE=content_type,
            CONTENT_LENGTH=str(SIZE),
            HTTP_SEC_FETCH_SITE="same-origin",
            **{"wsgi.input": upload},
        )
        return answer, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("path", ["/upload", "/raw"])
@pytest.mark.parametrize("content_type", ["application/octet-stream", "multipart/form-data", ""])
def test_host_view_reads_a_large_body_without_a_copy_in_memory(host, path, content_type):
    answer, memory = upload_to(host, path, content_type, Upload())
    assert (answer.status_int, answer.text) == (200, str(SIZE))
    assert memory < MEMORY


def test_host_view_takes_a_large_file_without_a_copy_in_memory(host):
    upload = Upload(PART, END)
    answer, memory = upload_to(host, "/file", "multipart/form-data; boundary=b", upload)
    assert (answer.status_int, answer.text) == (200, str(SIZE - len(PART) - len(END)))
    assert memory < MEMORY
