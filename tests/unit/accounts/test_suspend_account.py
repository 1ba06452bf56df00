"""Freezing: nobody is signed in any more, and whoever comes back in time keeps everything."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.sessions import IDENTITY, identity_of_token
from authsite.accounts.sign_in import InvalidCredentials, lock_credential, user_for_credential
from authsite.accounts.suspend_account import reinstate_account, suspend_account
from authsite.accounts.users import Credential
from authsite.db.compiled_select import CompiledSelect
from authsite.models import AuditEvent, UserSession
from authsite.tokens import SessionToken
from tests.factories import NOW, a_session, a_user, an_audit_log, some_noise

WHY = "A stranger has your password."


@pytest.fixture
def ada(dbsession):
    """Somebody with two sessions, among others."""
    some_noise(dbsession)
    ada = a_user(dbsession)
    a_session(dbsession, ada)
    a_session(dbsession, ada)
    return ada


def freeze(dbsession, user, *, now=NOW, reason=WHY):
    ended = suspend_account(dbsession, user, reason=reason, audit=an_audit_log(), now=now)
    dbsession.commit()
    return ended


def kinds_of(dbsession, user):
    mine = (
        sa.select(AuditEvent.type)
        .where(AuditEvent.user_id == user.id)
        .order_by(AuditEvent.occurred_at)
    )
    return dbsession.scalars(mine).all()


def test_every_session_ends_and_no_one_elses(dbsession, ada):
    others = dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession)) - 2
    assert freeze(dbsession, ada) == 2
    assert (ada.suspended_at, ada.suspension_reason) == (NOW, WHY)
    assert dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession)) == others
    assert kinds_of(dbsession, ada) == ["suspended", "session_ended", "session_ended"]


def test_a_session_that_is_there_all_the_same_is_a_strangers(dbsession, ada, services):
    """Whoever opens one past the flows of this site, a host application say."""
    freeze(dbsession, ada)
    token = SessionToken.new()
    a_session(dbsession, ada, token=token)
    identities = CompiledSelect(IDENTITY, services.database.read_engine)
    assert identity_of_token(identities, token, now=NOW) is None


@pytest.mark.parametrize("use", [lock_credential, user_for_credential])
def test_a_credential_that_was_judged_before_stands_no_more(dbsession, ada, use):
    credential = Credential(ada.id, ada.password_hash)
    freeze(dbsession, ada)
    with pytest.raises(InvalidCredentials):
        use(dbsession, credential)


def test_what_was_about_to_go_stays(dbsession, ada):
    """Its owner, who cannot sign in, could not keep it."""
    ada.delete_after = NOW + timedelta(days=3)
    freeze(dbsession, ada)
    assert ada.delete_after is None
    assert kinds_of(dbsession, ada)[:2] == ["suspended", "kept"]


def test_freezing_again_gives_another_reason_and_keeps_since_when(dbsession, ada):
    freeze(dbsession, ada)
    freeze(dbsession, ada, now=NOW + timedelta(days=1), reason="Another one.")
    assert (ada.suspended_at, ada.suspension_reason) == (NOW, "Another one.")


def test_a_second_click_freezes_nothing_again(dbsession, ada):
    freeze(dbsession, ada)
    assert freeze(dbsession, ada, now=NOW + timedelta(days=1)) == 0
    assert kinds_of(dbsession, ada).count("suspended") == 1


def test_who_is_no_longer_frozen_is_as_before(dbsession, ada):
    freeze(dbsession, ada)
    for _ in range(2):  # the second time there is nothing to do, and nothing to tell
        reinstate_account(dbsession, ada, audit=an_audit_log(), now=NOW + timedelta(days=1))
    dbsession.commit()
    assert ada.suspended_at is ada.suspension_reason is None
    lock_credential(dbsession, Credential(ada.id, ada.password_hash))
    assert kinds_of(dbsession, ada).count("reinstated") == 1
