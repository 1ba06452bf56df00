"""Headers of every response, and the response to an unhandled error."""

import pytest
from pyramid.response import Response
from webob.request import DisconnectionError

from authsite.http.headers import ALWAYS, CONTENT_SECURITY_POLICY, HSTS, request_id, with_headers


def answered(response: Response | None = None, *, https: bool = True) -> Response:
    """Return the final response; without one, the application raises an error."""

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
def test_content_policy_allows_own_origin_only():
    directives = dict(each.split(" ", 1) for each in CONTENT_SECURITY_POLICY.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["base-uri"] == "'none'"
    assert directives["form-action"] == "'self'"
    assert set(directives.values()) == {"'none'", "'self'"}


def test_content_policy_without_settings_is_this_header():
    assert CONTENT_SECURITY_POLICY == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize("name", ["Cache-Control", "cache-control", "CONTENT-SECURITY-POLICY"])
def test_header_of_the_response_is_not_replaced(name):
    response = Response(headerlist=[(name, "its own")])
    assert answered(response).headers.getall(name) == ["its own"]


@pytest.mark.asvs("3.4.1")
def test_hsts_is_sent_on_https_only():
    name, value = HSTS
    assert answered(Response(), https=True).headers.getall(name) == [value]
    assert name not in answered(Response(), https=False).headers


@pytest.mark.asvs("16.5.1", "16.5.3")
def test_unhandled_error_is_a_bare_500(caplog):
    response = answered()
    assert response.status_int == 500
    assert response.content_type == "text/plain"
    assert b"secret" not in response.body
    assert response.headers["Cache-Control"] == "no-store"
    assert "only the log may know" in caplog.text


@pytest.mark.asvs("16.2.1")
def test_request_id_is_unique_and_ends_with_the_request():
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


def test_keyboard_interrupt_is_passed_on():
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
