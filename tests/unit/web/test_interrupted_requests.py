"""Interrupted requests: what is kept of a request, and how it is resumed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyramid.response import Response

from authsite.http.redirects import safe_path
from authsite.web.interrupted_requests import InterruptedRequest
from authsite.web.request import Request

PAGE = "/confirm-password"

places = st.text("ab/?&=%#+;:.é\\", max_size=12).map("/{}".format).filter(safe_path)
fields = st.none() | st.just((("a", "b"),))


def outcome(response: Response) -> tuple[int, str]:
    return response.status_int, response.headers["Location"]


@given(places, fields)
def test_interrupted_request_survives_the_query_string(url, fields):
    interrupted_request = InterruptedRequest(url, fields)
    sent = {"POST": dict(fields or ())} if fields is not None else {"method": "POST"}
    assert (
        InterruptedRequest.from_query(Request.blank(interrupted_request.url_for(PAGE), **sent))
        == interrupted_request
    )


@given(st.text() | places)
def test_interrupted_request_never_leaves_the_site(url):
    request = Request.blank(InterruptedRequest(url, ()).url_for(PAGE), POST={"a": "b"})
    for interrupted_request in (
        InterruptedRequest.from_query(request),
        InterruptedRequest.from_query(Request.blank(request.path_qs)),
    ):
        assert interrupted_request.url == safe_path(url)
        assert interrupted_request.url is not None or interrupted_request.fields is None


@pytest.mark.parametrize(
    ("interrupted_request", "expected"),
    [
        (InterruptedRequest(None), (303, "/account")),
        (InterruptedRequest("/vault"), (303, "/vault")),
        (InterruptedRequest("/vault", ()), (307, "/vault")),
        (InterruptedRequest(None, ()), (303, "/account")),
    ],
)
def test_resume_repeats_a_form_and_opens_a_page(interrupted_request, expected):
    assert outcome(interrupted_request.resume([], otherwise="/account")) == expected


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_capture_replays_forms_only(method):
    request = Request.blank("/vault?next=/vault&replay=1", method=method)
    assert InterruptedRequest.capture(request) == InterruptedRequest("/vault?next=/vault&replay=1")
    assert InterruptedRequest.from_query(request) == InterruptedRequest("/vault")
