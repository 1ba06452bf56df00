"""Which pages visitors return to after signing in."""

from types import SimpleNamespace

import pytest
from pyramid.httpexceptions import HTTPForbidden
from pyramid.testing import DummyRequest

from authsite.web.send_to_sign_in import send_to_sign_in


def request_for(path: str, *, method: str = "GET", identity: object = None) -> DummyRequest:
    request = DummyRequest(path=path, method=method)
    request.path_qs = path
    request.authsite = SimpleNamespace(identity=identity, path=lambda name: f"/accounts/{name}")
    return request


@pytest.mark.parametrize("path", ["//evil.example", "/" + "a" * 2000])
def test_unsafe_page_is_not_returned_to(path: str) -> None:
    sent = send_to_sign_in(HTTPForbidden(), request_for(path))
    assert (sent.status_int, sent.location) == (303, "/accounts/sign-in")


def test_signed_in_user_gets_the_exception() -> None:
    refusal = HTTPForbidden()
    assert send_to_sign_in(refusal, request_for("/orders", identity=object())) is refusal
