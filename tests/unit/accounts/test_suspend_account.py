"""Suspending an account: no sign-in until it is reinstated, and no data is lost."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.sessions import IDENTITY, find_session
from authsite.accounts.sign_in import InvalidCredentials, lock_credential, user_for_credential
from authsite.accounts.suspend_account import reinstate_account, suspend_account
from authsite.accounts.users import Credential
from authsite.db.compiled_select import CompiledSelect
from authsite.models import AuditEvent, UserSession
from authsite.tokens import SessionToken
from tests.factories import NOW, a_session, a_user, some_noise

REASON = "Someone else has your password."


@pytest.fixture
def ada(dbsession):
    """A user with two sessions, among others."""
    some_noise(dbsession)
    ada = a_user(dbsession)
    a_session(dbsession, ada)
    a_session(dbsession, ada)
    return ada


def suspend(work, user, reason=REASON):
    """Suspend the account; return how many sessions have ended."""
    ended = suspend_account(work, user, reason=reason)
    work.dbsession.commit()
    return ended


def types_of(dbsession, user):
    mine = (
        sa.select(AuditEvent.type)
        .where(AuditEvent.user_id == user.id)
        .order_by(AuditEvent.occurred_at)
    )
    return dbsession.scalars(mine).all()


def test_suspension_ends_all_sessions_of_this_user(dbsession, work, ada):
    others = dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession)) - 2
    assert suspend(work, ada) == 2
    assert (ada.suspended_at, ada.suspension_reason) == (NOW, REASON)
    assert dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession)) == others
    assert types_of(dbsession, ada) == ["suspended", "session_ended", "session_ended"]


def test_session_of_a_suspended_user_has_no_identity(dbsession, work, ada, services):
    """A host application may have created it."""
    suspend(work, ada)
    token = SessionToken.new()
    a_session(dbsession, ada, token=token)
    identities = CompiledSelect(IDENTITY, services.database.read_engine)
    assert find_session(identities, token, now=NOW).identity is None


@pytest.mark.parametrize("use", [lock_credential, user_for_credential])
def test_suspension_invalidates_verified_credentials(dbsession, work, ada, use):
    credential = Credential(ada.id, ada.password_hash)
    suspend(work, ada)
    with pytest.raises(InvalidCredentials):
        use(dbsession, credential)


def test_suspension_cancels_a_deletion(dbsession, work, ada):
    """Its user, who cannot sign in, could not reactivate it."""
    ada.delete_after = NOW + timedelta(days=3)
    suspend(work, ada)
    assert ada.delete_after is None
    assert types_of(dbsession, ada)[:2] == ["suspended", "deletion_cancelled"]


def test_suspension_can_get_another_reason(begin, work, ada):
    suspend(work, ada)
    suspend(begin(now=NOW + timedelta(days=1)), ada, "Another one.")
    assert (ada.suspended_at, ada.suspension_reason) == (NOW, "Another one.")


def test_suspension_is_recorded_once(dbsession, begin, work, ada):
    suspend(work, ada)
    assert suspend(begin(now=NOW + timedelta(days=1)), ada) == 0
    assert types_of(dbsession, ada).count("suspended") == 1


def test_reinstated_account_can_sign_in(dbsession, work, ada):
    suspend(work, ada)
    for _ in range(2):  # the second time changes and records nothing
        reinstate_account(work, ada)
    dbsession.commit()
    assert ada.suspended_at is ada.suspension_reason is None
    lock_credential(dbsession, Credential(ada.id, ada.password_hash))
    assert types_of(dbsession, ada).count("reinstated") == 1
