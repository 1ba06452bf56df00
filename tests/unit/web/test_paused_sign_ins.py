"""The sign-in that a stage has paused, found by the cookie of the browser."""

import pytest

from authsite.accounts.pending_sign_ins import create_pending_sign_in
from authsite.accounts.sign_in import SignIn
from authsite.accounts.users import Credential
from authsite.clock import utc_now
from authsite.web.paused_sign_ins import find_paused_sign_in
from authsite.web.request import Request
from tests.factories import a_unit_of_work, a_user

STAGE = "second_factor"


@pytest.fixture
def find(application, services):
    """Find the paused sign-in of a browser with this cookie, or none."""

    def go(value):
        name = services.pending_sign_in_cookie.name
        environ = {} if value is None else {"HTTP_COOKIE": f"{name}={value}"}
        request = Request.blank("/", environ=environ)
        request.registry = application.registry
        return find_paused_sign_in(request, stage=STAGE)

    return go


def test_paused_sign_in_is_found_by_its_cookie(services, dbsession, find):
    user = a_user(dbsession)
    work = a_unit_of_work(services, dbsession, now=utc_now())
    sign_in = SignIn(Credential.of(user), user.email_normalized)
    token = create_pending_sign_in(work, sign_in, STAGE)
    dbsession.commit()
    assert find(str(token)).user_id == user.id


@pytest.mark.parametrize("value", [None, "", "malformed"])
def test_browser_without_a_token_has_no_paused_sign_in(find, value):
    assert find(value) is None
