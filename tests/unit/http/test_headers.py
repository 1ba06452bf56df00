"""What every answer says to the browser, and what is said when nothing else is left."""

import pytest
from pyramid.response import Response
from webob.request import DisconnectionError

from authsite.http.headers import ALWAYS, CONTENT_SECURITY_POLICY, HSTS, request_id, with_headers


def answered(response: Response | None = None, *, https: bool = True) -> Response:
    """Return what becomes of a response, or of an error when there is none."""

    def answer(environ, router):
        if response is None:
            raise ZeroDivisionError("a secret that only the log may know")
        return response

    return with_headers(answer, https=https)({}, None)


@pytest.mark.asvs("3.4.3", "3.4.4", "3.4.5", "3.4.6", "3.4.8", "14.3.2")
def test_pages_have_a_policy_and_are_not_cached():
    headers = answered(Response()).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    for name, value in ALWAYS:
        assert headers.getall(name) == [value]


@pytest.mark.asvs("3.4.3", "3.4.6")
def test_nothing_is_loaded_or_sent_anywhere_that_is_not_allowed():
    directives = dict(each.split(" ", 1) for each in CONTENT_SECURITY_POLICY.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["base-uri"] == "'none'"
    assert directives["form-action"] == "'self'"
    assert set(directives.values()) == {"'none'", "'self'"}


@pytest.mark.parametrize("name", ["Cache-Control", "cache-control", "CONTENT-SECURITY-POLICY"])
def test_a_response_that_says_so_itself_is_left_alone(name):
    response = Response(headerlist=[(name, "its own")])
    assert answered(response).headers.getall(name) == ["its own"]


@pytest.mark.asvs("3.4.1")
def test_only_https_asks_for_https_ever_after():
    name, value = HSTS
    assert answered(Response(), https=True).headers.getall(name) == [value]
    assert name not in answered(Response(), https=False).headers


@pytest.mark.asvs("16.5.1", "16.5.3")
def test_an_error_that_no_page_was_there_for_is_a_bare_500(caplog):
    response = answered()
    assert response.status_int == 500
    assert response.content_type == "text/plain"
    assert b"secret" not in response.body
    assert response.headers["Cache-Control"] == "no-store"
    assert "only the log may know" in caplog.text


@pytest.mark.asvs("16.2.1")
def test_every_request_has_an_id_of_its_own_until_it_is_over():
    ids = []

    def answer(environ, router):
        ids.append(request_id.get())
        if len(ids) % 2:
            raise ZeroDivisionError
        return Response()

    for _ in range(50):
        with_headers(answer, https=False)({}, None)
        assert request_id.get() is None
    assert len(set(ids)) == 50


def test_an_interrupted_server_is_not_held_up():
    def interrupted(environ, router):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        with_headers(interrupted, https=False)({}, None)
    assert request_id.get() is None


def test_body_that_ends_too_early_is_a_bare_400(caplog):
    def read(environ, router):
        raise DisconnectionError

    response = with_headers(read, https=False)({}, None)
    assert (response.status_int, response.content_type) == (400, "text/plain")
    assert response.headers["Cache-Control"] == "no-store"
    assert "input_validation_fail" in caplog.text
