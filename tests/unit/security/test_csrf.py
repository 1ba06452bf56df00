"""Tokens of forms: one's own passes, sent from a page of this site, and nothing else does."""

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
    """Open a page with a form; return the token in it and the cookies that come with it."""
    request = a_request(**request)
    token = policy.new_csrf_token(request)
    response = Response()
    request._process_response_callbacks(response)
    pairs = [value.split(";")[0] for value in response.headers.getall("Set-Cookie")]
    return token, "; ".join(pairs)


def passes(token, cookies="", *, policy=POLICY, identity=None, **environ) -> bool:
    """Send a form with this token from a page of the site, or from where the environ says."""
    environ = environ or {"HTTP_SEC_FETCH_SITE": "same-origin"}
    request = a_request(identity=identity, HTTP_COOKIE=cookies, **environ)
    return policy.check_csrf_token(request, token)


def test_a_strangers_form_passes_with_the_cookie_that_came_with_it():
    assert passes(*a_form())


def test_a_form_of_a_session_passes_in_that_session_without_any_cookie():
    ada = an_identity()
    token, cookies = a_form(identity=ada)
    assert cookies == ""
    assert passes(token, identity=ada)


def test_a_strangers_form_is_nobodys_without_its_cookie():
    token, cookies = a_form()
    _, of_another = a_form()
    assert not passes(token)
    assert not passes(token, of_another)
    assert not passes(token, f"{cookies}; {cookies}")


def test_a_form_is_for_one_session_only():
    """Neither another person's, nor a stranger's, nor the same person's next one."""
    ada, token, cookies = an_identity(), *a_form()
    of_ada, _ = a_form(identity=ada)
    assert not passes(of_ada, identity=an_identity())
    assert not passes(of_ada, identity=an_identity(user_id=ada.user_id))
    assert not passes(of_ada, cookies)
    assert not passes(token, cookies, identity=ada)


def test_every_page_has_another_token_and_all_of_them_stay_valid():
    first, cookies = a_form()
    second, no_new_cookies = a_form(HTTP_COOKIE=cookies)
    assert first != second
    assert no_new_cookies == ""
    assert passes(first, cookies)
    assert passes(second, cookies)


def test_all_forms_of_a_page_have_the_same_token():
    request = a_request(identity=an_identity())
    request.__dict__["services"] = SimpleNamespace(csrf=POLICY)
    assert POLICY.get_csrf_token(request) == POLICY.get_csrf_token(request) == request.csrf_token


@pytest.mark.parametrize("planted", ["form=mallory", "form=mallory.", "form=.", "form=a.b\xe9"])
def test_a_cookie_that_we_did_not_sign_gets_one_of_ours_instead(planted):
    token, cookies = a_form(HTTP_COOKIE=planted)
    assert cookies.startswith("form=")
    assert cookies != planted
    assert not passes(token, planted)


@pytest.mark.asvs("9.1.3")
def test_another_secret_makes_other_tokens_and_cookies():
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
def test_a_form_comes_from_a_page_of_this_site_or_does_not_pass(environ, is_ours):
    assert passes(*a_form(), **environ) is is_ours


@pytest.mark.asvs("16.3.3")
def test_a_refusal_is_logged_without_the_token(caplog):
    token, cookies = a_form()
    passes(token)
    passes(token, cookies, HTTP_ORIGIN="http://evil.example")
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert token not in caplog.text


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode())))
def test_no_other_text_is_a_token_and_none_is_an_error(text):
    _, cookies = a_form()
    assert not passes(text, cookies)
    assert not passes(text, identity=an_identity())


def code_of(message, *, key, algorithm):
    """Return the code that another algorithm makes of the message, with the very same key."""
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
def test_no_token_chooses_the_algorithm(algorithm, named):
    """Neither by its length nor by a header: it has no word in it, and there is but one way."""
    token, cookies = a_form()
    salt, bearer = base64.urlsafe_b64decode(token)[:16], b"anonymous " + cookies[5:].encode()
    key = derive_key(b"k" * 32, b"csrf")
    assert base64.urlsafe_b64decode(token) == salt + mac(key, salt + bearer)
    code = code_of(salt + bearer, key=key, algorithm=algorithm)
    header = base64.urlsafe_b64encode(f'{{"alg": "{algorithm}"}}'.encode()).decode() + "."
    forged = (header if named else "") + base64.urlsafe_b64encode(salt + code).decode()
    assert not passes(forged, cookies)
    assert passes(token, cookies)


@pytest.mark.asvs("9.1.1")
@given(st.integers(0, 47), st.integers(1, 255))
def test_a_token_with_one_byte_changed_is_none(position, change):
    token, cookies = a_form()
    raw = bytearray(base64.urlsafe_b64decode(token))
    raw[position] ^= change
    assert not passes(base64.urlsafe_b64encode(raw).decode(), cookies)


@pytest.mark.parametrize("supplied", [None, b"token", 7, ["token"], object(), ""])
def test_what_is_no_text_is_no_token(supplied):
    assert not passes(supplied, a_form()[1])


@given(st.binary(max_size=80).map(lambda raw: raw.decode("latin-1")))
def test_no_cookie_of_others_making_gives_a_token_its_worth(value):
    token, cookies = a_form()
    assume(cookies != f"form={value}")
    assert not passes(token, f"form={value}")
