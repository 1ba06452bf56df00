"""Changing a password: once for what was verified, and whoever knew the old one is out."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

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
from authsite.models import EmailLink, User, UserSession
from authsite.passwords.hash_queue import HashQueueFull
from tests.factories import NOW, a_hasher, a_session, a_user, an_audit_log, some_noise
from tests.functional.crowds import full_queue

HASHER = a_hasher()
NEW = "nine purple yaks waltz"
WEEK = timedelta(days=7)


class Letters:
    """An outbox in which one can look."""

    def __init__(self) -> None:
        self.put_in: list[tuple[str, str, dict[str, object]]] = []

    def put(self, _dbsession: Session, kind: str, *, to: str, **values: object) -> None:
        self.put_in.append((kind, to, values))

    def link_to(self, *segments: str) -> str:
        return f"https://site.example/{'/'.join(segments)}"


@pytest.fixture
def ada(dbsession) -> User:
    """One person, signed in twice, among others."""
    some_noise(dbsession)
    ada = a_user(dbsession, email="Ada@example.com", password_hash="the old one")
    a_session(dbsession, ada)
    a_session(dbsession, ada)
    return ada


@pytest.fixture
def credential(ada: User) -> Credential:
    """What was verified."""
    return Credential(ada.id, ada.password_hash)


def change(dbsession: Session, credential: Credential, password: str = NEW, **values) -> Credential:
    given = {
        "session_id": "nobody's",
        "hasher": HASHER,
        "journal": an_audit_log(),
        "outbox": Letters(),
        "revert_lifetime": WEEK,
        "now": NOW,
    } | values
    return change_password(dbsession, credential, password, **given)


def test_the_hash_is_another_and_of_the_new_password(dbsession, ada, credential):
    others = sa.select(User.password_hash).where(User.id != ada.id).order_by(User.id)
    before = dbsession.scalars(others).all()
    renewed = change(dbsession, credential)
    dbsession.commit()
    assert renewed.user_id == ada.id
    assert dbsession.get(User, ada.id).password_hash == renewed.password_hash
    assert HASHER.matches(renewed.password_hash, NEW)
    assert dbsession.scalars(others).all() == before


def test_every_session_ends_and_no_one_elses(dbsession, ada, credential):
    others = len(dbsession.scalars(sa.select(UserSession)).all()) - 2
    change(dbsession, credential)
    left = dbsession.scalars(sa.select(UserSession.user_id)).all()
    assert len(left) == others
    assert ada.id not in left


@pytest.mark.asvs("6.3.7")
def test_the_owner_is_told_at_the_address_of_the_account(dbsession, ada, credential):
    letters = Letters()
    change(dbsession, credential, outbox=letters)
    [(kind, to, values)] = letters.put_in
    assert (kind, to, values["user_id"]) == ("password_changed", "Ada@example.com", ada.id)
    assert values["secure_account"].startswith("https://site.example/secure-account/")
    [link] = dbsession.scalars(sa.select(EmailLink)).all()
    assert (link.purpose, link.expires_at) == (Purpose.SECURE_ACCOUNT, NOW + WEEK)


@pytest.mark.parametrize(
    ("purpose", "stays"),
    [
        (Purpose.RESET_PASSWORD, False),
        (Purpose.CHANGE_EMAIL, False),
        (Purpose.VERIFY_EMAIL, True),
        (Purpose.SECURE_ACCOUNT, True),
    ],
)
def test_what_somebody_else_may_have_asked_for_is_void(dbsession, ada, credential, purpose, stays):
    about = {
        "email": ada.email,
        "email_normalized": ada.email_normalized,
        "lifetime": WEEK,
        "now": NOW,
    }
    token = issue_link(dbsession, ada, purpose, **about)
    change(dbsession, credential)
    assert (dbsession.get(EmailLink, token.digest) is not None) is stays


def test_what_was_verified_a_while_ago_changes_nothing_now(dbsession, ada, credential):
    ada.password_hash = "another one"
    dbsession.commit()
    letters = Letters()
    with pytest.raises(PasswordChangedConcurrently):
        change(dbsession, credential, outbox=letters)
    dbsession.rollback()
    assert dbsession.get(User, ada.id).password_hash == "another one"
    sessions = sa.select(UserSession).where(UserSession.user_id == ada.id)
    assert len(dbsession.scalars(sessions).all()) == 2
    assert letters.put_in == []


def test_who_meets_a_crowd_has_changed_nothing(dbsession, credential):
    hasher = a_hasher(queue=1)
    dbsession.rollback()
    with full_queue(hasher), pytest.raises(HashQueueFull):
        change(dbsession, credential, hasher=hasher)
    assert not dbsession.in_transaction()


@pytest.mark.asvs("15.4.2")
def test_of_many_changes_at_one_moment_one_is_made(services, dbsession, ada, credential):
    tries = 6
    dbsession.close()
    together = threading.Barrier(tries)

    def attempt(number: int) -> str | None:
        together.wait(timeout=10)
        with Session(services.database.write_engine) as other:
            try:
                renewed = change(other, credential, f"{NEW} {number}")
            except PasswordChangedConcurrently:
                return None
            other.commit()
            return renewed.password_hash

    with ThreadPoolExecutor(tries) as pool:
        [made] = [each for each in pool.map(attempt, range(tries)) if each]
    assert dbsession.get(User, credential.user_id).password_hash == made


@pytest.mark.parametrize("new", ["caf\u00e9 yaks", "cafe\u0301 yaks"])
def test_the_same_password_is_no_new_one(new):
    with pytest.raises(WeakPassword, match="Choose another one"):
        refuse_same_password(new, current="caf\u00e9 yaks")
    refuse_same_password(f"{new} hum", current="caf\u00e9 yaks")
