"""Changing a password: once per verified credential, and every other session ends."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.change_password import (
    PasswordChangedConcurrently,
    change_password,
    refuse_same_password,
)
from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.new_password import WeakPassword
from authsite.accounts.users import Credential
from authsite.models import OutboxMessage, User, UserSession
from authsite.passwords.hash_queue import HashQueueFull
from tests.factories import a_hasher, a_session, a_unit_of_work, a_user, some_noise
from tests.functional.crowds import full_queue
from tests.mailbox import content_of
from tests.unit.accounts.links import is_active, token_in

NEW = "nine purple yaks waltz"


@pytest.fixture
def ada(dbsession) -> User:
    """A user with two sessions, and other users."""
    some_noise(dbsession)
    ada = a_user(dbsession, email="Ada@example.com", password_hash="the old one")
    a_session(dbsession, ada)
    a_session(dbsession, ada)
    return ada


@pytest.fixture
def credential(ada: User) -> Credential:
    """The credential that was verified."""
    return Credential(ada.id, ada.password_hash)


def change(work, credential: Credential, password: str = NEW, *, session_id="") -> Credential:
    """Change the password, in a session that is not in the database by default."""
    return change_password(work, credential, password, session_id=session_id)


def test_password_change_replaces_the_hash_of_this_user(dbsession, work, ada, credential):
    others = sa.select(User.password_hash).where(User.id != ada.id).order_by(User.id)
    before = dbsession.scalars(others).all()
    changed = change(work, credential)
    dbsession.commit()
    assert changed.user_id == ada.id
    assert dbsession.get(User, ada.id).password_hash == changed.password_hash
    assert work.hasher.verify(changed.password_hash, NEW)
    assert dbsession.scalars(others).all() == before


def test_password_change_ends_all_other_sessions(dbsession, work, ada, credential):
    current = a_session(dbsession, ada).id
    others = len(dbsession.scalars(sa.select(UserSession)).all()) - 3
    change(work, credential, session_id=current)
    left = dbsession.execute(sa.select(UserSession.id, UserSession.user_id)).all()
    assert [row.id for row in left if row.user_id == ada.id] == [current]
    assert len(left) == others + 1


@pytest.mark.asvs("6.3.7")
def test_password_change_notifies_the_user(dbsession, work, ada, credential):
    change(work, credential)
    [message] = dbsession.scalars(sa.select(OutboxMessage))
    assert (message.template, message.recipient) == ("password_changed", "Ada@example.com")
    assert message.user_id == ada.id
    assert is_active(
        work, token_in(content_of(message).text, "secure-account"), Purpose.SECURE_ACCOUNT
    )


@pytest.mark.parametrize(
    ("purpose", "is_kept"),
    [
        (Purpose.RESET_PASSWORD, False),
        (Purpose.CHANGE_EMAIL, False),
        (Purpose.VERIFY_EMAIL, True),
        (Purpose.SECURE_ACCOUNT, True),
    ],
)
def test_password_change_revokes_links(work, ada, credential, purpose, is_kept):
    token = issue_link(work, ada, purpose)
    change(work, credential)
    assert is_active(work, token, purpose) is is_kept


def test_password_change_rejects_an_outdated_credential(dbsession, work, ada, credential):
    ada.password_hash = "another one"
    dbsession.commit()
    with pytest.raises(PasswordChangedConcurrently):
        change(work, credential)
    dbsession.commit()
    assert dbsession.get(User, ada.id).password_hash == "another one"
    sessions = sa.select(UserSession).where(UserSession.user_id == ada.id)
    assert len(dbsession.scalars(sessions).all()) == 2
    assert dbsession.scalars(sa.select(OutboxMessage)).all() == []


def test_password_change_with_a_full_queue_begins_nothing(dbsession, begin, credential):
    hasher = a_hasher(queue=1)
    dbsession.rollback()
    with full_queue(hasher), pytest.raises(HashQueueFull):
        change(begin(hasher=hasher), credential)
    assert not dbsession.in_transaction()


@pytest.mark.asvs("15.4.2")
def test_password_change_wins_once_of_simultaneous_ones(services, dbsession, credential):
    attempts = 6
    dbsession.close()
    together = threading.Barrier(attempts)

    def attempt(number: int) -> str | None:
        together.wait(timeout=10)
        with Session(services.database.write_engine) as other:
            try:
                changed = change(a_unit_of_work(services, other), credential, f"{NEW} {number}")
            except PasswordChangedConcurrently:
                return None
            other.commit()
            return changed.password_hash

    with ThreadPoolExecutor(attempts) as pool:
        [won] = [each for each in pool.map(attempt, range(attempts)) if each]
    assert dbsession.get(User, credential.user_id).password_hash == won


@pytest.mark.parametrize("new", ["caf\u00e9 yaks", "cafe\u0301 yaks"])
def test_same_password_is_refused(new):
    with pytest.raises(WeakPassword, match="Choose another one"):
        refuse_same_password(new, current="caf\u00e9 yaks")
    refuse_same_password(f"{new} hum", current="caf\u00e9 yaks")
