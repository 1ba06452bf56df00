"""Pending sign-ins: written by a stage, found by their token, resumed once."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.change_password import change_password
from authsite.accounts.close_account import cancel_deletion
from authsite.accounts.pending_sign_ins import (
    PENDING_SIGN_IN_LIFETIME,
    SignInExpired,
    create_pending_sign_in,
    find_pending_sign_in,
    resume_pending_sign_in,
)
from authsite.accounts.sign_in import SignIn
from authsite.accounts.users import AccountSuspended, Credential
from authsite.audit.event_types import AuthMethod
from authsite.models import PendingSignIn, User
from authsite.tokens import SessionToken
from tests.factories import NOW, a_user, some_noise

STAGE = "second_factor"
SECOND = timedelta(seconds=1)


@pytest.fixture
def ada(dbsession) -> User:
    """A user whose account is closed, among others."""
    some_noise(dbsession)
    return a_user(dbsession, email="Ada@example.com", delete_after=NOW + timedelta(days=3))


@pytest.fixture
def sign_in(ada) -> SignIn:
    """What the stage interrupts."""
    return SignIn(
        Credential.of(ada),
        ada.email_normalized,
        auth_method=AuthMethod.SIGN_UP,
        public_computer=True,
        next_path="/account/sessions",
    )


@pytest.fixture
def token(work, sign_in) -> SessionToken:
    """The token of the cookie."""
    token = create_pending_sign_in(work, sign_in, STAGE)
    work.dbsession.commit()
    return token


def find(work, token, *, stage=STAGE):
    return find_pending_sign_in(work.dbsession, token, stage=stage, now=work.now)


@pytest.mark.asvs("7.2.3")
def test_pending_sign_in_row_does_not_have_the_secret(dbsession, token):
    (row,) = dbsession.execute(sa.select(PendingSignIn.__table__)).all()
    assert (row.id, bytes(row.secret_digest)) == (token.id, token.digest)
    assert token.secret not in str(row)
    assert repr(dbsession.get(PendingSignIn, token.id)) == (
        f"<PendingSignIn {token.id} of {row.user_id}>"
    )


def test_pending_sign_in_is_found_by_its_token(work, ada, token):
    pending = find(work, token)
    assert (pending.id, pending.user_id, pending.email) == (token.id, ada.id, "Ada@example.com")
    assert pending.auth_method is AuthMethod.SIGN_UP
    assert pending.public_computer
    assert (pending.next_path, pending.delete_after) == ("/account/sessions", ada.delete_after)


def test_pending_sign_in_needs_secret_and_stage(work, token):
    assert find(work, SessionToken.new()) is None
    assert find(work, SessionToken.for_session(token.id)) is None
    assert find(work, token, stage="another") is None
    assert find(work, token) is not None


def test_pending_sign_in_lasts_for_ten_minutes(begin, work, token):
    pending = find(work, token)
    late = begin(now=NOW + PENDING_SIGN_IN_LIFETIME)
    assert timedelta(minutes=10) == PENDING_SIGN_IN_LIFETIME
    assert find(begin(now=late.now - SECOND), token) == pending
    assert find(late, token) is None
    with pytest.raises(SignInExpired):
        resume_pending_sign_in(late, pending)


@pytest.mark.asvs("2.3.4")
def test_pending_sign_in_resumes_once(work, ada, sign_in, token):
    pending = find(work, token)
    resumed, user = resume_pending_sign_in(work, pending)
    assert (resumed, user) == (replace(sign_in, authenticated_at=NOW), ada)
    assert find(work, token) is None
    with pytest.raises(SignInExpired):
        resume_pending_sign_in(work, pending)


def test_pending_sign_in_ends_with_a_password_change(dbsession, work, ada, sign_in, token):
    pending = find(work, token)
    dbsession.commit()
    change_password(work, sign_in.credential, "nine purple yaks waltz", session_id="")
    dbsession.commit()
    assert find(work, token) is None
    with pytest.raises(SignInExpired):
        resume_pending_sign_in(work, pending)


@pytest.mark.parametrize("what_happens", ["password removed", "account deleted"])
def test_pending_sign_in_without_a_credential_expires(dbsession, work, ada, token, what_happens):
    pending = find(work, token)
    if what_happens == "password removed":
        ada.password_hash = None
    else:
        dbsession.delete(ada)
    dbsession.commit()
    with pytest.raises(SignInExpired):
        resume_pending_sign_in(work, pending)


def test_pending_sign_in_of_a_suspended_account_is_refused(dbsession, work, ada, token):
    pending = find(work, token)
    ada.suspended_at, ada.suspension_reason = NOW, "a reason"
    dbsession.commit()
    with pytest.raises(AccountSuspended) as suspended:
        resume_pending_sign_in(work, pending)
    assert suspended.value.reason == "a reason"


def test_pending_sign_in_resumes_with_the_current_deletion(dbsession, work, ada, token):
    """Another tab may have reactivated the account meanwhile."""
    pending = find(work, token)
    cancel_deletion(work, ada)
    dbsession.commit()
    resumed, user = resume_pending_sign_in(work, pending)
    assert resumed.credential.delete_after is user.delete_after is None


def test_pending_sign_ins_of_one_user_are_independent(work, sign_in, token):
    other = create_pending_sign_in(work, sign_in, STAGE)
    resume_pending_sign_in(work, find(work, token))
    assert find(work, other) is not None
