"""Our cookies: strict attributes, read as written, and of two none."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.http.cookies import Cookie
from tests.factories import a_request

PLAIN = Cookie("session", https=False)

#: What WSGI hands over for any bytes at all.
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


def given_back(header: tuple[str, str]) -> str:
    """Return the pair that a browser sends for a `Set-Cookie` header."""
    return header[1].split(";")[0]


@given(st.one_of(header_bytes, near_headers))
def test_no_header_is_too_strange_to_be_read(header):
    request = a_request(HTTP_COOKIE=header)
    assert PLAIN.read(request) is None or PLAIN.is_present(request)


@given(near_headers)
def test_a_value_has_no_space_around_it_and_no_second_cookie_in_it(header):
    value = sent(header)
    assert value is None or (value == value.strip() and value and ";" not in value)


@given(values, st.sampled_from([True, False]))
def test_what_is_set_is_read_back(value, https):
    cookie = Cookie("session", https=https)
    pair = given_back(cookie.set(value))
    assert sent(pair, cookie) == value
    assert sent(f"a=b; {pair}; sessions=c; session_=d", cookie) == value


@given(values, values)
def test_two_cookies_of_one_name_are_none(one, other):
    """Nobody knows which of them is ours."""
    assert sent(f"session={one}; session={other}") is None
    assert sent(f"session={one};a=b;session={one}") is None
    assert PLAIN.is_present(a_request(HTTP_COOKIE=f"session={one}; session={other}"))


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
def test_a_cookie_is_read_by_its_name_alone(header, value):
    assert sent(header) == value


def test_no_header_at_all_is_no_cookie():
    assert PLAIN.read(a_request()) is None
    assert not PLAIN.is_present(a_request())


@pytest.mark.parametrize(
    ("header", "is_sent"),
    [("session=", True), ("session", True), ("a=session", False), ("sessions=a", False)],
)
def test_an_empty_cookie_is_known_to_be_there(header, is_sent):
    assert PLAIN.is_present(a_request(HTTP_COOKIE=header)) is is_sent


def attributes(header: tuple[str, str]) -> set[str]:
    name, value = header
    assert name == "Set-Cookie"
    return {each.strip().lower() for each in value.split(";")[1:]}


@pytest.mark.asvs("3.3.1", "3.3.2", "3.3.3", "3.3.4")
def test_on_https_the_cookie_belongs_to_this_host_and_to_https():
    header = Cookie("session", https=True).set("abc")
    assert given_back(header) == "__Host-session=abc"
    assert attributes(header) == {"path=/", "httponly", "secure", "samesite=lax"}


def test_on_http_it_does_without():
    header = PLAIN.set("abc")
    assert given_back(header) == "session=abc"
    assert attributes(header) == {"path=/", "httponly", "samesite=lax"}


def test_a_cookie_lasts_as_long_as_it_is_told_to():
    header = PLAIN.set("abc", max_age=timedelta(days=30, microseconds=5))
    lifetimes = [each for each in attributes(header) if each.startswith("max-age")]
    assert lifetimes == [f"max-age={30 * 24 * 3600}"]


@pytest.mark.parametrize("https", [True, False])
def test_a_cleared_cookie_is_empty_and_over(https):
    cookie = Cookie("session", https=https)
    assert given_back(cookie.clear()) == f"{cookie.name}="
    assert "max-age=0" in attributes(cookie.clear())
    assert ("secure" in attributes(cookie.clear())) is https
    assert sent(given_back(cookie.clear()), cookie) is None
