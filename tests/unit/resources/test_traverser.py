"""One page, one address: a path is taken as it is written, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyramid.httpexceptions import HTTPNotFound

from authsite.resources.traverser import StrictTraverser
from authsite.web.request import Request
from tests.factories import a_request


class Place(dict):
    """A place in a tree of names: `"010"` also finds the child that calls itself `10`."""

    def __init__(self, name: str = "", **children: "Place") -> None:
        super().__init__(children)
        self.__name__ = name

    def __getitem__(self, name: str) -> "Place":
        return super().__getitem__(name.lstrip("0") if name.isdecimal() else name)


class Leaf:
    """A place below which there is nothing, not even a way to ask."""

    __name__ = "leaf"


TEN = Place("10")
SESSIONS = Place("sessions", **{"10": TEN})
ACCOUNT = Place("account", sessions=SESSIONS)
LEAF = Leaf()
ROOT = Place(account=ACCOUNT, leaf=LEAF)


def a_request_for(path: str, **environ: str) -> Request:
    request = a_request(**environ)
    request.environ["PATH_INFO"] = path.encode().decode("latin-1")
    return request


def found(path: str, **environ: str) -> tuple[object, str]:
    """Return the place and the name of the view that a path leads to."""
    traversed = StrictTraverser(ROOT)(a_request_for(path, **environ))
    assert traversed["subpath"] == ()
    assert traversed["root"] is traversed["virtual_root"] is ROOT
    return traversed["context"], traversed["view_name"]


@pytest.mark.parametrize(
    ("path", "place", "view"),
    [
        ("", ROOT, ""),
        ("/", ROOT, ""),
        ("/sign-in", ROOT, "sign-in"),
        ("/account", ACCOUNT, ""),
        ("/account/password", ACCOUNT, "password"),
        ("/account/sessions/10", TEN, ""),
        ("/account/sessions/10/revoke", TEN, "revoke"),
        ("/leaf/x", LEAF, "x"),
        ("/größe", ROOT, "größe"),
        ("/@@sign-in", ROOT, "@@sign-in"),
        ("/sign-in;a=b", ROOT, "sign-in;a=b"),
    ],
)
def test_a_path_is_a_line_of_names_and_perhaps_a_view(path, place, view):
    assert found(path) == (place, view)
    assert found(path)[0] is place


@pytest.mark.asvs("14.2.5")
@pytest.mark.parametrize(
    "path",
    [
        "//",
        "//sign-in",
        "/sign-in/",
        "/account/",
        "/./sign-in",
        "/../sign-in",
        "/account/../sign-in",
        "/account/.",
        "/account//sessions",
        "/sign-in/x",
        "/account/password/x",
        "/leaf/x/y",
    ],
)
def test_a_path_that_is_spelled_oddly_leads_nowhere(path):
    with pytest.raises(HTTPNotFound):
        found(path)


@pytest.mark.parametrize("name", ["010", "0010", "1_0", "\u0661\u0660", "+10"])
def test_a_place_is_found_by_the_name_that_it_calls_itself_and_no_other(name):
    assert found("/account/sessions/10") == (TEN, "")
    assert found(f"/account/sessions/{name}") == (SESSIONS, name)
    with pytest.raises(HTTPNotFound):
        found(f"/account/sessions/{name}/revoke")


def test_nobody_chooses_another_root():
    assert found("/sessions", HTTP_X_VHM_ROOT="/account") == (ROOT, "sessions")


segments = st.one_of(
    st.sampled_from(["account", "sessions", "10", "leaf", "", ".", ".."]), st.text("ab./@")
)


@given(st.lists(segments, max_size=5).map(lambda each: f"/{'/'.join(each)}"))
def test_no_two_paths_lead_to_one_page(path):
    """Whatever is found, its one address is the path that was asked for."""
    try:
        place, view = found(path)
    except HTTPNotFound:
        return
    addresses = {id(ROOT): "", id(ACCOUNT): "/account", id(LEAF): "/leaf"} | {
        id(SESSIONS): "/account/sessions",
        id(TEN): "/account/sessions/10",
    }
    assert (f"{addresses[id(place)]}/{view}" if view else addresses[id(place)] or "/") == path


def test_static_files_are_left_to_their_route():
    request = a_request_for("/authsite-static/site.css")
    request.matched_route, request.matchdict = object(), {"subpath": ("site.css",)}
    assert StrictTraverser(ROOT)(request)["subpath"] == ("site.css",)
