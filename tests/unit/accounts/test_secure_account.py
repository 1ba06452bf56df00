"""Taking an account back: everybody is out, the address is the owner's, and nobody is faster."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import InvalidLink, Purpose, consume_link, find_link, issue_link
from authsite.accounts.secure_account import PreviousEmailTaken, secure_account
from authsite.models import EmailLink, User, UserSession
from authsite.throttling.throttles import RateLimited
from authsite.tokens import LinkToken, new_id
from tests.factories import (
    NOW,
    a_session,
    a_user,
    an_audit_log,
    an_outbox,
    some_noise,
    throttles_for,
)

MINUTE = timedelta(minutes=1)
WEEK = timedelta(days=7)
ADA, THIEF, THIEF_TOO = "Ada@example.com", "eve@example.net", "eve@example.org"


@pytest.fixture
def ada(dbsession) -> User:
    """One person, signed in twice, among others who are told things too."""
    for person in some_noise(dbsession):
        told(dbsession, person, at=NOW)
    ada = a_user(dbsession, email=ADA, email_verified_at=NOW - WEEK)
    a_session(dbsession, ada)
    a_session(dbsession, ada)
    return ada


def told(dbsession, user: User, *, at) -> LinkToken:
    """Tell the user something, at the address that they have; return what the link carries."""
    token = issue_link(
        dbsession,
        user,
        Purpose.SECURE_ACCOUNT,
        email=user.email,
        email_normalized=user.email_normalized,
        lifetime=WEEK,
        now=at,
    )
    dbsession.commit()
    return token


def moved(dbsession, user: User, email: str) -> None:
    """Give the account another address, as if that had been proven."""
    user.email, user.email_normalized = email, email.lower()
    dbsession.commit()


def taken_back(services, dbsession, token: LinkToken, *, at=NOW, **values: Any) -> LinkToken:
    """Follow the link; return what leads to a new password."""
    link = find_link(dbsession, token, purpose=Purpose.SECURE_ACCOUNT, now=at)
    rest = {
        "throttles": throttles_for(services),
        "journal": an_audit_log(),
        "outbox": an_outbox(),
        "reset_link_lifetime": 60 * MINUTE,
        "network": "192.0.2.1",
    }
    dbsession.commit()
    try:
        reset_token, _ = secure_account(dbsession, token, link=link, **rest | values, now=at)
    finally:
        dbsession.commit()
    return reset_token


def is_alive(dbsession, token: LinkToken, purpose: Purpose, *, at=NOW) -> bool:
    return find_link(dbsession, token, purpose=purpose, now=at) is not None


def owners(dbsession, model) -> set[str]:
    return set(dbsession.scalars(sa.select(model.user_id)))


@pytest.mark.asvs("7.4.3", "6.3.7")
def test_everybody_is_out_and_others_are_not(services, dbsession, ada):
    taken_back(services, dbsession, told(dbsession, ada, at=NOW))
    assert ada.password_hash is None
    assert ada.id not in owners(dbsession, UserSession)
    assert len(owners(dbsession, UserSession)) == 3
    assert len(owners(dbsession, EmailLink) - {ada.id}) == 3
    kept = sa.select(User.password_hash).where(User.id != ada.id)
    assert None not in dbsession.scalars(kept).all()


def test_who_takes_it_back_chooses_a_password(services, dbsession, ada):
    reset_token = taken_back(services, dbsession, told(dbsession, ada, at=NOW))
    link = consume_link(dbsession, reset_token, purpose=Purpose.RESET_PASSWORD, now=NOW)
    assert (link.user_id, link.email) == (ada.id, ADA)


def test_the_address_comes_back_as_it_was_typed_and_is_proven(services, dbsession, ada):
    token = told(dbsession, ada, at=NOW)
    moved(dbsession, ada, THIEF)
    reset_token = taken_back(services, dbsession, token)
    assert (ada.email, ada.email_normalized, ada.email_verified_at) == (ADA, ADA.lower(), NOW)
    link = find_link(dbsession, reset_token, purpose=Purpose.RESET_PASSWORD, now=NOW)
    assert link.is_for_present_address


@pytest.mark.parametrize("before", [None, NOW - WEEK])
def test_an_address_that_stayed_is_proven_since_it_first_was(services, dbsession, ada, before):
    ada.email_verified_at = before
    taken_back(services, dbsession, told(dbsession, ada, at=NOW))
    assert ada.email_verified_at == (before or NOW)


def test_an_account_that_somebody_closed_stays(services, dbsession, ada):
    ada.delete_after = NOW + WEEK
    taken_back(services, dbsession, told(dbsession, ada, at=NOW))
    assert ada.delete_after is None


@pytest.mark.parametrize(
    "purpose", [each for each in Purpose if each is not Purpose.SECURE_ACCOUNT]
)
def test_whatever_else_was_pending_is_void(services, dbsession, ada, purpose):
    words = {"email": THIEF, "email_normalized": THIEF, "lifetime": WEEK}
    pending = issue_link(dbsession, ada, purpose, **words, now=NOW - MINUTE)
    taken_back(services, dbsession, told(dbsession, ada, at=NOW))
    assert not is_alive(dbsession, pending, purpose)


@pytest.mark.asvs("2.3.4")
def test_a_link_takes_it_back_once(services, dbsession, ada):
    token = told(dbsession, ada, at=NOW)
    taken_back(services, dbsession, token)
    ada.password_hash = "chosen anew"
    with pytest.raises(InvalidLink):
        taken_back(services, dbsession, token)
    assert ada.password_hash == "chosen anew"


@pytest.mark.parametrize("why", ["expired", "of another purpose", "of nobody", "spent meanwhile"])
def test_a_link_that_leads_nowhere_changes_nothing(services, dbsession, ada, why):
    token = told(dbsession, ada, at=NOW)
    link = find_link(dbsession, token, purpose=Purpose.SECURE_ACCOUNT, now=NOW)
    if why == "expired":
        dbsession.execute(sa.update(EmailLink).values(expires_at=NOW))
    elif why == "of another purpose":
        dbsession.execute(sa.update(EmailLink).values(purpose=Purpose.RESET_PASSWORD))
    elif why == "of nobody":
        dbsession.delete(ada)
    else:
        dbsession.execute(sa.delete(EmailLink))
    dbsession.commit()
    sessions = owners(dbsession, UserSession)
    for looked_at in (link, find_link(dbsession, token, purpose=Purpose.SECURE_ACCOUNT, now=NOW)):
        with pytest.raises(InvalidLink):
            secure_account(
                dbsession,
                token,
                link=looked_at,
                throttles=throttles_for(services),
                audit=an_audit_log(),
                outbox=an_outbox(),
                reset_link_lifetime=MINUTE,
                network="192.0.2.1",
                now=NOW,
            )
        dbsession.rollback()
    assert owners(dbsession, UserSession) == sessions
    assert None not in dbsession.scalars(sa.select(User.password_hash)).all()


@pytest.mark.asvs("6.3.1")
@pytest.mark.parametrize("kind", ["link_account", "link_network"])
def test_who_is_held_up_spends_nothing(services, dbsession, ada, kind):
    throttles = throttles_for(services, **{kind: "1/1h"})
    token = told(dbsession, ada, at=NOW)
    throttles.hit(
        {kind: f"{ada.id} {ada.email_normalized}" if kind == "link_account" else "192.0.2.1"},
        now=NOW,
    )
    with pytest.raises(RateLimited):
        taken_back(services, dbsession, token, throttles=throttles)
    assert is_alive(dbsession, token, Purpose.SECURE_ACCOUNT)
    assert ada.password_hash is not None


@pytest.mark.asvs("7.4.3", "6.3.7")
@pytest.mark.parametrize("thief_uses", ["none of theirs", "the first", "the second", "all"])
def test_the_owner_wins_against_a_thief_who_was_first(services, dbsession, ada, thief_uses):
    """The thief knows the password, moves the account to one address and another, and disavows.

    Each change is told to the address that the account had until then, so that two of the three
    mails reach the thief. Only the owner's link, the oldest, leads anywhere in the end.
    """
    owners_link = told(dbsession, ada, at=NOW)
    moved(dbsession, ada, THIEF)
    first = told(dbsession, ada, at=NOW + MINUTE)
    moved(dbsession, ada, THIEF_TOO)
    second = told(dbsession, ada, at=NOW + 2 * MINUTE)
    used = {"the first": [first], "the second": [second], "all": [second, first]}
    chosen = [
        taken_back(services, dbsession, each, at=NOW + 3 * MINUTE)
        for each in used.get(thief_uses, [])
    ]
    a_session(dbsession, ada)
    ada.password_hash = "the thief's"
    third = told(dbsession, ada, at=NOW + 4 * MINUTE)

    at = NOW + 5 * MINUTE
    owns = taken_back(services, dbsession, owners_link, at=at)
    assert (ada.email, ada.password_hash) == (ADA, None)
    assert ada.id not in owners(dbsession, UserSession)
    assert is_alive(dbsession, owns, Purpose.RESET_PASSWORD, at=at)
    for token in (first, second, third):
        assert not is_alive(dbsession, token, Purpose.SECURE_ACCOUNT, at=at)
        with pytest.raises(InvalidLink):
            taken_back(services, dbsession, token, at=at)
    for token in chosen:
        assert not is_alive(dbsession, token, Purpose.RESET_PASSWORD, at=at)
    assert ada.email == ADA


def test_what_was_told_before_can_still_be_disavowed(services, dbsession, ada):
    """A thief may have caused the newer mail of two, and press its button."""
    older, newer = (told(dbsession, ada, at=NOW + n * MINUTE) for n in range(2))
    taken_back(services, dbsession, newer, at=NOW + 2 * MINUTE)
    assert is_alive(dbsession, older, Purpose.SECURE_ACCOUNT, at=NOW + 2 * MINUTE)


def test_an_address_that_another_has_by_now_is_left_to_them(services, dbsession, ada):
    """Everybody is out all the same; and when the address is free again, the link still works."""
    token = told(dbsession, ada, at=NOW)
    moved(dbsession, ada, THIEF)
    other = a_user(dbsession, email=ADA)
    words = {"email": THIEF, "email_normalized": THIEF, "lifetime": WEEK}
    pending = issue_link(dbsession, ada, Purpose.RESET_PASSWORD, **words, now=NOW)
    ada.delete_after = NOW + WEEK
    with pytest.raises(PreviousEmailTaken):
        taken_back(services, dbsession, token)
    assert (ada.email, ada.password_hash, ada.delete_after) == (THIEF, None, None)
    assert (other.email, other.password_hash is None) == (ADA, False)
    assert ada.id not in owners(dbsession, UserSession)
    assert not is_alive(dbsession, pending, Purpose.RESET_PASSWORD)
    moved(dbsession, other, "augusta@example.com")
    taken_back(services, dbsession, token)
    assert ada.email == ADA


def test_an_error_that_is_not_about_the_address_stays_what_it_is(services, dbsession, ada):
    token = told(dbsession, ada, at=NOW)
    moved(dbsession, ada, THIEF)
    link = find_link(dbsession, token, purpose=Purpose.SECURE_ACCOUNT, now=NOW)
    rest = {
        "throttles": throttles_for(services),
        "journal": an_audit_log(),
        "outbox": an_outbox(),
        "reset_link_lifetime": MINUTE,
        "network": "192.0.2.1",
    }
    dbsession.commit()
    with dbsession.no_autoflush:
        dbsession.add(
            User(
                id=new_id(),
                first_name="",
                last_name="Hopper",
                email="grace@example.org",
                email_normalized="grace@example.org",
                created_at=NOW,
            )
        )
        with pytest.raises(sa.exc.IntegrityError):
            secure_account(dbsession, token, link=link, **rest, now=NOW)
    dbsession.rollback()
    assert is_alive(dbsession, token, Purpose.SECURE_ACCOUNT)
    assert ada.password_hash is not None
