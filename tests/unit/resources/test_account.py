"""`/account`: the account of the current user."""

import pytest
from pyramid.httpexceptions import HTTPForbidden

from authsite.clock import utc_now
from authsite.resources import Account
from authsite.tokens import SessionToken
from authsite.web.request import Request
from tests.factories import a_session, a_user, some_noise


@pytest.fixture
def a_visit(application, dbsession):
    """Return a function that opens a page in a session of a user."""
    opened = []

    def visit(user) -> Request:
        token = SessionToken.new()
        a_session(dbsession, user, token=token, created_at=utc_now())
        request = Request.blank("/account", environ={"HTTP_COOKIE": f"authsite_session={token}"})
        request.registry = application.registry
        opened.append(request)
        return request

    yield visit
    for request in opened:
        request._process_finished_callbacks()


def test_account_is_that_of_the_current_user(dbsession, a_visit):
    ada, bob, *_ = some_noise(dbsession)
    for user in (ada, bob):
        assert Account(a_visit(user)).record.id == user.id


def test_account_deleted_meanwhile_is_forbidden(dbsession, a_visit):
    some_noise(dbsession)
    user = a_user(dbsession)
    request = a_visit(user)
    assert request.identity is not None
    dbsession.delete(user)
    dbsession.commit()
    with pytest.raises(HTTPForbidden):
        _ = Account(request).record
