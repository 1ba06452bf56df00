"""Cookies: strict attributes, exact names, and no duplicates."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.http.cookies import Cookie
from tests.factories import a_request

PLAIN = Cookie("session", https=False)

#: Any bytes, as WSGI decodes them.
header_bytes = st.binary(max_size=200).map(lambda raw: raw.decode("latin-1"))
near_headers = st.lists(
    st.one_of(
        st.sampled_from(["session", "=", ";", "; ", ",", " ", '"', "\\377", "\0", "\r\n", "$Path"]),
        st.text(st.characters(max_codepoint=255), max_size=3),
    ),
    max_size=12,
).map("".join)
values = st.text("abcXYZ019-_.", min_size=1, max_size=80)


def sent(header: str, cookie: Cookie = PLAIN) -> str | None:
    """Return what the cookie's reader makes of a `Cookie` header."""
    return cookie.read(a_request(HTTP_COOKIE=header))


def sent_back(header: tuple[str, str]) -> str:
    """Return the pair that a browser sends for a `Set-Cookie` header."""
    return header[1].split(";")[0]


@given(st.one_of(header_bytes, near_headers))
def test_any_cookie_header_is_read_without_error(header):
    request = a_request(HTTP_COOKIE=header)
    assert PLAIN.read(request) is None or PLAIN.count(request) == 1


@given(near_headers)
def test_cookie_value_has_no_outer_space_or_semicolon(header):
    value = sent(header)
    assert value is None or (value == value.strip() and value and ";" not in value)


@given(values, st.sampled_from([True, False]))
def test_cookie_that_was_set_is_read_back(value, https):
    cookie = Cookie("session", https=https)
    pair = sent_back(cookie.set(value))
    assert sent(pair, cookie) == value
    assert sent(f"a=b; {pair}; sessions=c; session_=d", cookie) == value


@given(values, values)
def test_two_cookies_of_one_name_are_ignored(one, other):
    """The site cannot know which of them it set."""
    assert sent(f"session={one}; session={other}") is None
    assert sent(f"session={one};a=b;session={one}") is None
    assert PLAIN.count(a_request(HTTP_COOKIE=f"session={one}; session={other}")) == 2


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("session=abc", "abc"),
        (" session = abc ; a=b", "abc"),
        ("a=b;session=abc", "abc"),
        ("session=a=b=", "a=b="),
        ('session="abc"', '"abc"'),
        ("session=", None),
        ("session", None),
        ("session=; session=abc", None),
        ("Session=abc", None),
        ("mysession=abc", None),
        ("session2=abc", None),
        ("__Host-session=abc", None),
        ("a=session", None),
        ("", None),
    ],
)
def test_cookie_is_read_by_its_exact_name(header, value):
    assert sent(header) == value


def test_missing_header_has_no_cookie():
    assert PLAIN.read(a_request()) is None
    assert PLAIN.count(a_request()) == 0


@pytest.mark.parametrize(
    ("header", "count"),
    [
        ("session=", 1),
        ("session", 1),
        ("a=session", 0),
        ("sessions=a", 0),
        ("session; session=", 2),
    ],
)
def test_empty_cookies_are_counted(header, count):
    assert PLAIN.count(a_request(HTTP_COOKIE=header)) == count


def attributes(header: tuple[str, str]) -> set[str]:
    name, value = header
    assert name == "Set-Cookie"
    return {each.strip().lower() for each in value.split(";")[1:]}


@pytest.mark.asvs("3.3.1", "3.3.2", "3.3.3", "3.3.4")
def test_https_cookie_is_secure_and_bound_to_the_host():
    header = Cookie("session", https=True).set("abc")
    assert sent_back(header) == "__Host-session=abc"
    assert attributes(header) == {"path=/", "httponly", "secure", "samesite=lax"}


def test_http_cookie_is_neither_secure_nor_prefixed():
    header = PLAIN.set("abc")
    assert sent_back(header) == "session=abc"
    assert attributes(header) == {"path=/", "httponly", "samesite=lax"}


def test_cookie_has_the_given_max_age():
    header = PLAIN.set("abc", max_age=timedelta(days=30, microseconds=5))
    lifetimes = [each for each in attributes(header) if each.startswith("max-age")]
    assert lifetimes == [f"max-age={30 * 24 * 3600}"]


@pytest.mark.parametrize("https", [True, False])
def test_cleared_cookie_is_empty_and_expired(https):
    cookie = Cookie("session", https=https)
    assert sent_back(cookie.clear()) == f"{cookie.name}="
    assert "max-age=0" in attributes(cookie.clear())
    assert ("secure" in attributes(cookie.clear())) is https
    assert sent(sent_back(cookie.clear()), cookie) is None
