"""Taking an account back: everybody is out, the address is the owner's, and nobody is faster."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import DeadLink, Purpose, follow_link, issue_link, link_of
from authsite.accounts.secure_account import FormerAddressTaken, not_me
from authsite.models import PendingLink, User, UserSession
from authsite.throttling.throttles import Throttled
from authsite.tokens import LinkToken, new_id
from tests.factories import NOW, a_journal, a_session, a_user, an_outbox, some_noise, throttles_for

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
        Purpose.NOT_ME,
        email=user.email,
        email_key=user.email_key,
        lifetime=WEEK,
        now=at,
    )
    dbsession.commit()
    return token


def moved(dbsession, user: User, email: str) -> None:
    """Give the account another address, as if that had been proven."""
    user.email, user.email_key = email, email.lower()
    dbsession.commit()


def taken_back(site, dbsession, token: LinkToken, *, at=NOW, **values: Any) -> LinkToken:
    """Follow the link; return what leads to a new password."""
    link = link_of(dbsession, token, purpose=Purpose.NOT_ME, now=at)
    rest = {
        "throttles": throttles_for(site),
        "journal": a_journal(),
        "outbox": an_outbox(),
        "reset_within": 60 * MINUTE,
        "network": "192.0.2.1",
    }
    dbsession.commit()
    try:
        chosen_by, _ = not_me(dbsession, token, link=link, **rest | values, now=at)
    finally:
        dbsession.commit()
    return chosen_by


def is_alive(dbsession, token: LinkToken, purpose: Purpose, *, at=NOW) -> bool:
    return link_of(dbsession, token, purpose=purpose, now=at) is not None


def owners(dbsession, model) -> set[str]:
    return set(dbsession.scalars(sa.select(model.user_id)))


@pytest.mark.asvs("7.4.3", "6.3.7")
def test_everybody_is_out_and_others_are_not(site, dbsession, ada):
    taken_back(site, dbsession, told(dbsession, ada, at=NOW))
    assert ada.password_hash is None
    assert ada.id not in owners(dbsession, UserSession)
    assert len(owners(dbsession, UserSession)) == 3
    assert len(owners(dbsession, PendingLink) - {ada.id}) == 3
    kept = sa.select(User.password_hash).where(User.id != ada.id)
    assert None not in dbsession.scalars(kept).all()


def test_who_takes_it_back_chooses_a_password(site, dbsession, ada):
    chosen_by = taken_back(site, dbsession, told(dbsession, ada, at=NOW))
    link = follow_link(dbsession, chosen_by, purpose=Purpose.RESET_PASSWORD, now=NOW)
    assert (link.user_id, link.email) == (ada.id, ADA)


def test_the_address_comes_back_as_it_was_typed_and_is_proven(site, dbsession, ada):
    token = told(dbsession, ada, at=NOW)
    moved(dbsession, ada, THIEF)
    chosen_by = taken_back(site, dbsession, token)
    assert (ada.email, ada.email_key, ada.email_verified_at) == (ADA, ADA.lower(), NOW)
    link = link_of(dbsession, chosen_by, purpose=Purpose.RESET_PASSWORD, now=NOW)
    assert link.is_for_present_address


@pytest.mark.parametrize("before", [None, NOW - WEEK])
def test_an_address_that_stayed_is_proven_since_it_first_was(site, dbsession, ada, before):
    ada.email_verified_at = before
    taken_back(site, dbsession, told(dbsession, ada, at=NOW))
    assert ada.email_verified_at == (before or NOW)


def test_an_account_that_somebody_closed_stays(site, dbsession, ada):
    ada.closes_at = NOW + WEEK
    taken_back(site, dbsession, told(dbsession, ada, at=NOW))
    assert ada.closes_at is None


@pytest.mark.parametrize("purpose", [each for each in Purpose if each is not Purpose.NOT_ME])
def test_whatever_else_was_pending_is_void(site, dbsession, ada, purpose):
    words = {"email": THIEF, "email_key": THIEF, "lifetime": WEEK}
    pending = issue_link(dbsession, ada, purpose, **words, now=NOW - MINUTE)
    taken_back(site, dbsession, told(dbsession, ada, at=NOW))
    assert not is_alive(dbsession, pending, purpose)


@pytest.mark.asvs("2.3.4")
def test_a_link_takes_it_back_once(site, dbsession, ada):
    token = told(dbsession, ada, at=NOW)
    taken_back(site, dbsession, token)
    ada.password_hash = "chosen anew"
    with pytest.raises(DeadLink):
        taken_back(site, dbsession, token)
    assert ada.password_hash == "chosen anew"


@pytest.mark.parametrize("why", ["expired", "of another purpose", "of nobody", "spent meanwhile"])
def test_a_link_that_leads_nowhere_changes_nothing(site, dbsession, ada, why):
    token = told(dbsession, ada, at=NOW)
    link = link_of(dbsession, token, purpose=Purpose.NOT_ME, now=NOW)
    if why == "expired":
        dbsession.execute(sa.update(PendingLink).values(expires_at=NOW))
    elif why == "of another purpose":
        dbsession.execute(sa.update(PendingLink).values(purpose=Purpose.RESET_PASSWORD))
    elif why == "of nobody":
        dbsession.delete(ada)
    else:
        dbsession.execute(sa.delete(PendingLink))
    dbsession.commit()
    sessions = owners(dbsession, UserSession)
    for looked_at in (link, link_of(dbsession, token, purpose=Purpose.NOT_ME, now=NOW)):
        with pytest.raises(DeadLink):
            not_me(
                dbsession,
                token,
                link=looked_at,
                throttles=throttles_for(site),
                journal=a_journal(),
                outbox=an_outbox(),
                reset_within=MINUTE,
                network="192.0.2.1",
                now=NOW,
            )
        dbsession.rollback()
    assert owners(dbsession, UserSession) == sessions
    assert None not in dbsession.scalars(sa.select(User.password_hash)).all()


@pytest.mark.asvs("6.3.1")
@pytest.mark.parametrize("kind", ["link_account", "link_network"])
def test_who_is_held_up_spends_nothing(site, dbsession, ada, kind):
    throttles = throttles_for(site, **{kind: "1/1h"})
    token = told(dbsession, ada, at=NOW)
    throttles.take(
        {kind: f"{ada.id} {ada.email_key}" if kind == "link_account" else "192.0.2.1"}, now=NOW
    )
    with pytest.raises(Throttled):
        taken_back(site, dbsession, token, throttles=throttles)
    assert is_alive(dbsession, token, Purpose.NOT_ME)
    assert ada.password_hash is not None


@pytest.mark.asvs("7.4.3", "6.3.7")
@pytest.mark.parametrize("thief_uses", ["none of theirs", "the first", "the second", "all"])
def test_the_owner_wins_against_a_thief_who_was_first(site, dbsession, ada, thief_uses):
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
        taken_back(site, dbsession, each, at=NOW + 3 * MINUTE) for each in used.get(thief_uses, [])
    ]
    a_session(dbsession, ada)
    ada.password_hash = "the thief's"
    third = told(dbsession, ada, at=NOW + 4 * MINUTE)

    at = NOW + 5 * MINUTE
    owns = taken_back(site, dbsession, owners_link, at=at)
    assert (ada.email, ada.password_hash) == (ADA, None)
    assert ada.id not in owners(dbsession, UserSession)
    assert is_alive(dbsession, owns, Purpose.RESET_PASSWORD, at=at)
    for token in (first, second, third):
        assert not is_alive(dbsession, token, Purpose.NOT_ME, at=at)
        with pytest.raises(DeadLink):
            taken_back(site, dbsession, token, at=at)
    for token in chosen:
        assert not is_alive(dbsession, token, Purpose.RESET_PASSWORD, at=at)
    assert ada.email == ADA


def test_what_was_told_before_can_still_be_disavowed(site, dbsession, ada):
    """A thief may have caused the newer mail of two, and press its button."""
    older, newer = (told(dbsession, ada, at=NOW + n * MINUTE) for n in range(2))
    taken_back(site, dbsession, newer, at=NOW + 2 * MINUTE)
    assert is_alive(dbsession, older, Purpose.NOT_ME, at=NOW + 2 * MINUTE)


def test_an_address_that_another_has_by_now_is_left_to_them(site, dbsession, ada):
    """Everybody is out all the same; and when the address is free again, the link still works."""
    token = told(dbsession, ada, at=NOW)
    moved(dbsession, ada, THIEF)
    other = a_user(dbsession, email=ADA)
    words = {"email": THIEF, "email_key": THIEF, "lifetime": WEEK}
    pending = issue_link(dbsession, ada, Purpose.RESET_PASSWORD, **words, now=NOW)
    ada.closes_at = NOW + WEEK
    with pytest.raises(FormerAddressTaken):
        taken_back(site, dbsession, token)
    assert (ada.email, ada.password_hash, ada.closes_at) == (THIEF, None, None)
    assert (other.email, other.password_hash is None) == (ADA, False)
    assert ada.id not in owners(dbsession, UserSession)
    assert not is_alive(dbsession, pending, Purpose.RESET_PASSWORD)
    moved(dbsession, other, "augusta@example.com")
    taken_back(site, dbsession, token)
    assert ada.email == ADA


def test_an_error_that_is_not_about_the_address_stays_what_it_is(site, dbsession, ada):
    token = told(dbsession, ada, at=NOW)
    moved(dbsession, ada, THIEF)
    link = link_of(dbsession, token, purpose=Purpose.NOT_ME, now=NOW)
    rest = {
        "throttles": throttles_for(site),
        "journal": a_journal(),
        "outbox": an_outbox(),
        "reset_within": MINUTE,
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
                email_key="grace@example.org",
                created_at=NOW,
            )
        )
        with pytest.raises(sa.exc.IntegrityError):
            not_me(dbsession, token, link=link, **rest, now=NOW)
    dbsession.rollback()
    assert is_alive(dbsession, token, Purpose.NOT_ME)
    assert ada.password_hash is not None
