"""Interrupted requests: what is kept of a request, and how it is resumed."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyramid.response import Response
from webob.multidict import MultiDict

from authsite.http.redirects import safe_path
from authsite.web.interrupted_requests import MAX_KEPT, InterruptedRequest
from authsite.web.request import Request
from authsite.web.validation import MAX_FIELDS

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


def kept_form(value: object) -> str:
    """Return the text that keeps this value."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def from_sign_in(kept: str, next_path: str = "/vault") -> InterruptedRequest:
    return InterruptedRequest.from_sign_in(MultiDict(next=next_path, kept_form=kept))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = texts.filter(lambda name: name != "csrf_token" and "password" not in name.lower())


@given(st.lists(st.tuples(names, texts)).map(tuple))
def test_form_survives_the_sign_in_page(fields):
    interrupted_request = InterruptedRequest("/vault", fields)
    assert interrupted_request.kept is not None
    assert from_sign_in(interrupted_request.kept) == interrupted_request


def test_sign_in_page_keeps_no_secrets():
    fields = [["csrf_token", "x"], ["Old_Password", "x"], ["plan", "dig"]]
    assert from_sign_in(kept_form(fields)).fields == (("plan", "dig"),)


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "plan=dig",
        "\u00e9",
        "\ud800",
        kept_form({}),
        kept_form(1),
        kept_form([["plan", 1]]),
        kept_form(["ab"]),
        kept_form([["a", "b", "c"]]),
        kept_form([["plan", "\ud800"]]),
        kept_form([["a", "b"]] * (MAX_FIELDS + 1)),
        base64.urlsafe_b64encode(b"[" * 25_000).decode(),
        base64.urlsafe_b64encode(b"9" * 25_000).decode(),
        base64.urlsafe_b64encode(b"\xff").decode(),
        "A" * (MAX_KEPT + 4),
    ],
)
def test_other_texts_keep_no_form(kept):
    assert from_sign_in(kept) == InterruptedRequest("/vault")


def test_form_of_another_site_is_not_kept():
    assert from_sign_in(kept_form([]), "//evil.example") == InterruptedRequest(None)


def test_form_of_many_characters_is_not_kept():
    assert InterruptedRequest("/vault", (("a", "x" * MAX_KEPT),)).kept is None
