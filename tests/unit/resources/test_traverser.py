"""Traversal: each page has exactly one path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyramid.httpexceptions import HTTPNotFound

from authsite.resources.traverser import StrictTraverser
from authsite.web.request import Request
from tests.factories import a_request


class Place(dict):
    """A resource in a tree of names: `"010"` also finds the child named `10`."""

    def __init__(self, name: str = "", **children: "Place") -> None:
        super().__init__(children)
        self.__name__ = name

    def __getitem__(self, name: str) -> "Place":
        return super().__getitem__(name.lstrip("0") if name.isdecimal() else name)


class Leaf:
    """A resource without `__getitem__`."""

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
    """Return the resource and the view name of a path."""
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
def test_path_is_names_and_an_optional_view(path, place, view):
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
def test_irregular_path_is_not_found(path):
    with pytest.raises(HTTPNotFound):
        found(path)


@pytest.mark.parametrize("name", ["010", "0010", "1_0", "\u0661\u0660", "+10"])
def test_resource_is_found_by_its_own_name_only(name):
    assert found("/account/sessions/10") == (TEN, "")
    assert found(f"/account/sessions/{name}") == (SESSIONS, name)
    with pytest.raises(HTTPNotFound):
        found(f"/account/sessions/{name}/revoke")


@pytest.mark.parametrize("rest", ["a", "", "a/", "/a", "..", "a/../b", "/"])
def test_name_with_slashes_is_the_rest_of_the_path(rest):
    links = Place("links", **{rest: Place(rest)})
    links.has_slashes_in_names = True
    root = Place(links=links)
    traversed = StrictTraverser(root)(a_request_for(f"/links/{rest}"))
    assert (traversed["context"], traversed["view_name"]) == (links[rest], "")
    assert StrictTraverser(root)(a_request_for("/links"))["context"] is links
    for path in (f"//links/{rest}", f"/./links/{rest}", f"/x/links/{rest}"):
        with pytest.raises(HTTPNotFound):
            StrictTraverser(root)(a_request_for(path))


def test_virtual_root_header_is_ignored():
    assert found("/sessions", HTTP_X_VHM_ROOT="/account") == (ROOT, "sessions")


segments = st.one_of(
    st.sampled_from(["account", "sessions", "10", "leaf", "", ".", ".."]), st.text("ab./@")
)


@given(st.lists(segments, max_size=5).map(lambda each: f"/{'/'.join(each)}"))
def test_each_page_has_one_path(path):
    """The canonical path of the result is the requested path."""
    try:
        place, view = found(path)
    except HTTPNotFound:
        return
    paths = {id(ROOT): "", id(ACCOUNT): "/account", id(LEAF): "/leaf"} | {
        id(SESSIONS): "/account/sessions",
        id(TEN): "/account/sessions/10",
    }
    assert (f"{paths[id(place)]}/{view}" if view else paths[id(place)] or "/") == path


def test_path_begins_below_the_prefix():
    request = a_request_for("/accounts/account/password")
    request.authsite.services.own_urls.prefix = "/accounts"
    traversed = StrictTraverser(ROOT)(request)
    assert (traversed["context"], traversed["view_name"]) == (ACCOUNT, "password")
