"""Redirects: no requested path leads away from the site."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from authsite.http.redirects import MAXIMUM_LENGTH, redirect, redirect_repeat_post, safe_path

SITE = "https://site.example"
PAGE = f"{SITE}/sign-in?next=x"

MARKS = ("/", "//", "\\", "/\\", ".", "..", "/.", "?", "#", "@", ":", ";", "%2f", "%5c", "\uff0f")
WORDS = ("evil.example", "site.example", "http:", "https:", "javascript:", "next=", "account")
UNSEEN = (" ", "\t", "\n", "\r", "\0", "\x7f", "\x85", "\xa0", "\u2028")

nasty = st.lists(
    st.one_of(st.sampled_from(MARKS + WORDS + UNSEEN), st.text(max_size=3)), max_size=8
).map("".join)
rooted = nasty.map("/{}".format)
anything = st.one_of(st.text(), nasty, rooted)


def host_for_a_browser(location: str) -> str:
    """Resolve a location as the WHATWG URL standard does on an https page; return its host."""
    text = re.sub(r"[\t\n\r]", "", re.sub(r"^[\0- ]+|[\0- ]+$", "", location))
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", text, re.DOTALL)
    if scheme and scheme[1].lower() not in {"http", "https"}:
        return f"another scheme: {scheme[1]}"
    if scheme and scheme[1].lower() == "http":
        text = "//" + scheme[2].lstrip("/\\")
    elif scheme:
        text = scheme[2]
    text = re.split(r"[?#]", text, maxsplit=1)[0].replace("\\", "/")
    if not text.startswith("//"):
        return "site.example"
    return text.lstrip("/").split("/")[0].rpartition("@")[2].lower()


@pytest.mark.asvs("1.2.2", "1.5.3", "3.7.2")
@given(anything)
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("https:evil.example")
@example("\x01//evil.example")
def test_safe_path_stays_on_this_host(text):
    path = safe_path(text)
    if path is not None:
        assert urlsplit(urljoin(PAGE, path)).netloc == "site.example"
        assert urlsplit(urljoin(PAGE, path)).scheme == "https"
        assert host_for_a_browser(path) == "site.example"


@given(anything)
def test_safe_path_is_returned_unchanged(text):
    path = safe_path(text)
    assert path is None or (path == text and safe_path(path) == path)


@given(anything)
def test_safe_path_fits_into_a_header(text):
    path = safe_path(text)
    if path is not None:
        assert path.startswith("/")
        assert path.isascii()
        assert path.isprintable()
        assert not re.search(r"\s", path)
        assert len(path) <= MAXIMUM_LENGTH


@given(
    st.lists(st.from_regex(r"[a-z0-9_~-][a-z0-9._~-]{0,10}", fullmatch=True), max_size=5),
    st.from_regex(r"(\?[a-z0-9=&%./:@-]{0,30})?", fullmatch=True),
)
def test_any_page_of_the_site_is_a_safe_path(segments, query):
    path = f"/{'/'.join(segments)}{query}"
    assert safe_path(path) == path


@pytest.mark.parametrize(
    "path",
    ["/", "/dashboard", "/account/sessions", "/reports?year=2030&q=a%20b", "/?to=//b/../c", "/%2f"],
)
def test_own_path_is_safe(path):
    assert safe_path(path) == path


@pytest.mark.asvs("1.2.2", "3.7.2")
@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "dashboard",
        "?a=b",
        "#top",
        "/dashboard#top",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/a//b",
        "/a\\b",
        "/?a=\\",
        "/./",
        "/../evil",
        "/a/..//evil.example",
        "/.well-known/change-password",
        "https://site.example/",
        "https:evil.example",
        "javascript:alert(1)",
        " /dashboard",
        "/dashboard ",
        "/dash board",
        "/dashboard\n",
        "/\r\nSet-Cookie: a=b",
        "/\x00",
        "/\x7f",
        "/é",
        "/\uff0fevil.example",
        f"/{'a' * MAXIMUM_LENGTH}",
    ],
)
def test_other_text_is_not_a_safe_path(text):
    assert safe_path(text) is None


def test_safe_path_may_have_the_maximum_length():
    assert safe_path(f"/{'a' * (MAXIMUM_LENGTH - 1)}") is not None


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("//evil.example/x", "evil.example"),
        ("/\\evil.example", "evil.example"),
        ("\\/evil.example", "evil.example"),
        (" /\t/evil.example", "evil.example"),
        ("https:/\\a@evil.example/", "evil.example"),
        ("http:evil.example", "evil.example"),
        ("/x//evil.example", "site.example"),
        ("/x", "site.example"),
    ],
)
def test_simulated_browser_follows_known_exploits(location, host):
    assert host_for_a_browser(location) == host


@pytest.mark.parametrize(("redirect", "status"), [(redirect, 303), (redirect_repeat_post, 307)])
def test_redirect_has_a_location_and_no_body(redirect, status):
    response = redirect("/account", [("Set-Cookie", "a=b")])
    assert response.status_int == status
    assert response.headers["Location"] == "/account"
    assert response.headers["Set-Cookie"] == "a=b"
    assert response.body == b""
