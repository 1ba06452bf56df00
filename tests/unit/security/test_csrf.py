"""CSRF tokens: accepted from a page of the site in the same session only."""

import base64
import hashlib
import hmac
from types import SimpleNamespace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pyramid.response import Response

from authsite.http.cookies import Cookie
from authsite.http.hosts import Hosts
from authsite.security.csrf import CsrfPolicy
from authsite.tokens import derive_key, mac
from tests.factories import a_request, an_identity

SITE = "http://site.example"
HOSTS = Hosts(SITE, dev=False)
POLICY = CsrfPolicy(b"k" * 32, cookie=Cookie("form", https=False), hosts=HOSTS)


def a_form(policy=POLICY, **request) -> tuple[str, str]:
    """Open a page with a form; return its token and the cookies that it sets."""
    request = a_request(**request)
    token = policy.new_csrf_token(request)
    response = Response()
    request._process_response_callbacks(response)
    pairs = [value.split(";")[0] for value in response.headers.getall("Set-Cookie")]
    return token, "; ".join(pairs)


def passes(token, cookies="", *, policy=POLICY, identity=None, **environ) -> bool:
    """Send a form with this token, from a page of the site by default."""
    environ = environ or {"HTTP_SEC_FETCH_SITE": "same-origin"}
    request = a_request(identity=identity, HTTP_COOKIE=cookies, **environ)
    return policy.check_csrf_token(request, token)


def test_anonymous_form_passes_with_its_cookie():
    assert passes(*a_form())


def test_form_of_a_session_needs_no_cookie():
    ada = an_identity()
    token, cookies = a_form(identity=ada)
    assert cookies == ""
    assert passes(token, identity=ada)


def test_anonymous_form_fails_without_its_cookie():
    token, cookies = a_form()
    _, other_cookies = a_form()
    assert not passes(token)
    assert not passes(token, other_cookies)
    assert not passes(token, f"{cookies}; {cookies}")


def test_form_is_valid_in_one_session_only():
    """Not of another user, nor anonymous, nor in the next session of the same user."""
    ada, token, cookies = an_identity(), *a_form()
    of_ada, _ = a_form(identity=ada)
    assert not passes(of_ada, identity=an_identity())
    assert not passes(of_ada, identity=an_identity(user_id=ada.user_id))
    assert not passes(of_ada, cookies)
    assert not passes(token, cookies, identity=ada)


def test_tokens_differ_by_page_and_stay_valid():
    first, cookies = a_form()
    second, no_new_cookies = a_form(HTTP_COOKIE=cookies)
    assert first != second
    assert no_new_cookies == ""
    assert passes(first, cookies)
    assert passes(second, cookies)


def test_forms_of_a_page_share_a_token():
    request = a_request(identity=an_identity())
    request.authsite.services = SimpleNamespace(csrf=POLICY)
    assert (
        POLICY.get_csrf_token(request)
        == POLICY.get_csrf_token(request)
        == request.authsite.csrf_token
    )


@pytest.mark.parametrize("planted", ["form=mallory", "form=mallory.", "form=.", "form=a.b\xe9"])
def test_unsigned_anonymous_cookie_is_replaced(planted):
    token, cookies = a_form(HTTP_COOKIE=planted)
    assert cookies.startswith("form=")
    assert cookies != planted
    assert not passes(token, planted)


@pytest.mark.asvs("9.1.3")
def test_tokens_and_cookies_depend_on_the_secret():
    other = CsrfPolicy(b"x" * 32, cookie=Cookie("form", https=False), hosts=HOSTS)
    token, cookies = a_form(other)
    assert passes(token, cookies, policy=other)
    assert not passes(token, cookies)
    ada = an_identity()
    assert not passes(a_form(other, identity=ada)[0], identity=ada)


@pytest.mark.asvs("9.2.2")
def test_anonymous_cookie_and_csrf_token_are_not_interchangeable():
    token, cookies = a_form()
    name, _, signature = cookies.removeprefix("form=").partition(".")
    for text in (f"{name}.{signature}", name, signature, f"{signature}="):
        assert not passes(text, cookies)
    for value in (token, f"{name}.{token}", f"{token}.{signature}"):
        assert not passes(token, f"form={value}")
    assert passes(token, cookies)


@pytest.mark.asvs("3.5.1", "3.5.3")
@pytest.mark.parametrize(
    ("environ", "is_ours"),
    [
        ({"HTTP_SEC_FETCH_SITE": "same-origin"}, True),
        ({"HTTP_SEC_FETCH_SITE": "same-site"}, False),
        ({"HTTP_SEC_FETCH_SITE": "cross-site"}, False),
        ({"HTTP_SEC_FETCH_SITE": "none"}, False),
        ({"HTTP_SEC_FETCH_SITE": ""}, False),
        ({"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_ORIGIN": SITE}, False),
        ({"HTTP_ORIGIN": SITE}, True),
        ({"HTTP_ORIGIN": "null"}, False),
        ({"HTTP_ORIGIN": ""}, False),
        ({"HTTP_ORIGIN": "http://evil.example"}, False),
        ({"HTTP_ORIGIN": "https://site.example"}, False),
        ({"HTTP_ORIGIN": "http://site.example.evil.example"}, False),
        ({"HTTP_ORIGIN": "http://evil.example", "HTTP_HOST": "evil.example"}, False),
        ({"HTTP_REFERER": f"{SITE}/sign-in"}, False),
    ],
)
def test_form_from_another_origin_fails(environ, is_ours):
    assert passes(*a_form(), **environ) is is_ours


@pytest.mark.asvs("16.3.3")
def test_refused_form_is_logged_without_its_token(caplog):
    token, cookies = a_form()
    passes(token)
    passes(token, cookies, HTTP_ORIGIN="http://evil.example")
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert token not in caplog.text


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode())))
def test_any_other_text_is_refused(text):
    _, cookies = a_form()
    assert not passes(text, cookies)
    assert not passes(text, identity=an_identity())


def code_of(message, *, key, algorithm):
    """Return the code of the message by another algorithm, with the same key."""
    if algorithm == "none":
        return b""
    if algorithm.startswith("blake2"):
        return hashlib.new(algorithm, message, key=key[: hashlib.blake2s.MAX_KEY_SIZE]).digest()
    return hmac.digest(key, message, algorithm)


@pytest.mark.asvs("9.1.2")
@pytest.mark.parametrize(
    "algorithm", ["none", "md5", "sha1", "sha256", "sha512", "sha3_256", "blake2s", "blake2b"]
)
@pytest.mark.parametrize("named", [False, True])
def test_token_cannot_choose_the_algorithm(algorithm, named):
    """Neither its length nor a header selects another algorithm."""
    token, cookies = a_form()
    salt, subject = base64.urlsafe_b64decode(token)[:16], b"anonymous " + cookies[5:].encode()
    key = derive_key(b"k" * 32, b"csrf")
    assert base64.urlsafe_b64decode(token) == salt + mac(key, salt + subject)
    code = code_of(salt + subject, key=key, algorithm=algorithm)
    header = base64.urlsafe_b64encode(f'{{"alg": "{algorithm}"}}'.encode()).decode() + "."
    forged = (header if named else "") + base64.urlsafe_b64encode(salt + code).decode()
    assert not passes(forged, cookies)
    assert passes(token, cookies)


@pytest.mark.asvs("9.1.1")
@given(st.integers(0, 47), st.integers(1, 255))
def test_token_with_a_changed_byte_is_refused(position, change):
    token, cookies = a_form()
    raw = bytearray(base64.urlsafe_b64decode(token))
    raw[position] ^= change
    assert not passes(base64.urlsafe_b64encode(raw).decode(), cookies)


@pytest.mark.parametrize("supplied", [None, b"token", 7, ["token"], object(), ""])
def test_token_of_another_type_is_refused(supplied):
    assert not passes(supplied, a_form()[1])


@given(st.binary(max_size=80).map(lambda raw: raw.decode("latin-1")))
def test_forged_cookie_does_not_validate_a_token(value):
    token, cookies = a_form()
    assume(cookies != f"form={value}")
    assert not passes(token, f"form={value}")
