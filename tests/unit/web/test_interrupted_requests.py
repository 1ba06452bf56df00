"""Errands: what is remembered of a request, and where it leads when it goes on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyramid.response import Response

from authsite.http.redirects import own_path
from authsite.web.interrupted_requests import Errand
from authsite.web.request import Request

PAGE = "/confirm-password"

places = st.text("ab/?&=%#+;:.é\\", max_size=12).map("/{}".format).filter(own_path)
fields = st.none() | st.just((("a", "b"),))


def outcome(response: Response) -> tuple[int, str]:
    return response.status_int, response.headers["Location"]


@given(places, fields)
def test_an_errand_finds_its_way_through_the_address_of_a_page(place, fields):
    errand = Errand(place, fields)
    sent = {"POST": dict(fields or ())} if fields is not None else {"method": "POST"}
    assert Errand.resumed(Request.blank(errand.kept_at(PAGE), **sent)) == errand


@given(st.text() | places)
def test_nothing_leads_out_of_the_site(place):
    request = Request.blank(Errand(place, ()).kept_at(PAGE), POST={"a": "b"})
    for errand in (Errand.resumed(request), Errand.resumed(Request.blank(request.path_qs))):
        assert errand.place == own_path(place)
        assert errand.place is not None or errand.fields is None


@pytest.mark.parametrize(
    ("errand", "expected"),
    [
        (Errand(None), (303, "/account")),
        (Errand("/vault"), (303, "/vault")),
        (Errand("/vault", ()), (307, "/vault")),
        (Errand(None, ()), (303, "/account")),
    ],
)
def test_a_form_is_sent_again_and_a_page_is_opened(errand, expected):
    assert outcome(errand.go_on([], otherwise="/account")) == expected


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_only_a_form_is_held(method):
    request = Request.blank("/vault?next=/vault&held=yes", method=method)
    assert Errand.interrupted(request) == Errand("/vault?next=/vault&held=yes")
    assert Errand.resumed(request) == Errand("/vault")
