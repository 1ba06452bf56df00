"""What could be mended: only what is true, and what weighs most first."""

from datetime import timedelta

import pytest

from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.security_checkup import MOST, UNSEEN_FOR, Issue, recommendations_for
from authsite.audit.event_types import EventType
from authsite.audit.store import KEPT_FOR
from authsite.email_addresses import parse_email_address
from tests.factories import (
    NOW,
    a_session,
    a_unit_of_work,
    a_user,
    an_event,
    an_identity,
    some_noise,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ada(services, dbsession):
    """Somebody among others, with a session in which all is well."""
    user = a_user(dbsession, email_verified_at=NOW)
    for person in some_noise(dbsession):
        troubles(services, dbsession, person)
    a_session(dbsession, user, id="here", last_seen_at=NOW - 2 * UNSEEN_FOR, public_computer=True)
    an_event(dbsession, user, occurred_at=NOW - MINUTE)
    return user


def troubles(services, dbsession, user):
    """Let everything be wrong that can be."""
    ask_for_address(services, dbsession, user)
    an_event(dbsession, user, kind=EventType.SIGN_IN_FAILED, occurred_at=NOW)
    a_session(dbsession, user, public_computer=True, last_seen_at=NOW - 2 * UNSEEN_FOR)


def ask_for_address(services, dbsession, user):
    """Let a change of the address wait for a day."""
    work = a_unit_of_work(services, dbsession, now=NOW - MINUTE)
    issue_link(work, user, Purpose.CHANGE_EMAIL, email=parse_email_address("new@example.com"))
    dbsession.commit()


def suggested(services, user, *, now=NOW, **values):
    """Return the suggestions for the user, in the session `here`."""
    identity = an_identity(user_id=user.id, session_id="here", **values)
    return recommendations_for(services.checkup, identity, now=now)


def test_when_all_is_well_nothing_is_suggested(services, dbsession, ada):
    a_session(dbsession, ada, last_seen_at=NOW - UNSEEN_FOR)
    a_session(dbsession, ada, last_seen_at=NOW - 2 * UNSEEN_FOR, expires_at=NOW)
    a_session(dbsession, ada, public_computer=True, last_seen_at=NOW, expires_at=NOW)
    assert suggested(services, ada) == []


def test_an_address_that_nobody_has_proven(services, dbsession, ada):
    [found] = suggested(services, ada, email_is_verified=False)
    assert found == (Issue.EMAIL_UNVERIFIED, "Your email is not verified.")


def test_a_change_of_the_address_that_waits(services, dbsession, ada):
    ask_for_address(services, dbsession, ada)
    [found] = suggested(services, ada)
    assert found.concern is Issue.EMAIL_CHANGE_WAITS
    assert "new@example.com" in found.sentence
    assert suggested(services, ada, now=NOW + timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("number", "attempts"), [(1, "1 failed sign-in attempt"), (3, "3 failed sign-in attempts")]
)
def test_wrong_passwords_since_the_right_one_was_typed(services, dbsession, ada, number, attempts):
    for position in range(number):
        an_event(
            dbsession, ada, kind=EventType.SIGN_IN_FAILED, occurred_at=NOW - position * MINUTE / 10
        )
    an_event(dbsession, ada, kind=EventType.SIGN_IN_FAILED, occurred_at=NOW - 2 * MINUTE)
    [found] = suggested(services, ada)
    assert found.concern is Issue.WRONG_PASSWORDS
    assert f"{attempts} since" in found.sentence
    an_event(dbsession, ada, kind=EventType.PASSWORD_CONFIRMED, occurred_at=NOW + MINUTE)
    assert suggested(services, ada) == []


def test_wrong_passwords_when_it_is_not_known_when_the_right_one_was_typed(services, dbsession):
    user = a_user(dbsession)
    an_event(dbsession, user, occurred_at=NOW - KEPT_FOR)
    an_event(dbsession, user, kind=EventType.SIGN_IN_FAILED, occurred_at=NOW - KEPT_FOR)
    an_event(dbsession, user, kind=EventType.SIGN_IN_FAILED)
    [found] = suggested(services, user)
    assert found.sentence.startswith("1 failed sign-in attempt")


@pytest.mark.parametrize(("number", "where"), [(1, "a public computer"), (2, "2 public computers")])
def test_public_computers(services, dbsession, ada, number, where):
    for _ in range(number):
        a_session(dbsession, ada, public_computer=True, last_seen_at=NOW)
    [found] = suggested(services, ada)
    assert found == (Issue.PUBLIC_COMPUTERS, f"You're still signed in on {where}.")


@pytest.mark.parametrize(("number", "where"), [(1, "another device"), (2, "2 other devices")])
def test_sessions_that_were_not_seen_for_two_weeks(services, dbsession, ada, number, where):
    for _ in range(number):
        a_session(dbsession, ada, last_seen_at=NOW - UNSEEN_FOR - MINUTE)
    [found] = suggested(services, ada)
    assert found.concern is Issue.UNSEEN_SESSIONS
    assert where in found.sentence


def test_what_weighs_most_comes_first_and_no_more_than_three(services, dbsession, ada):
    troubles(services, dbsession, ada)
    found = [each.concern for each in suggested(services, ada, email_is_verified=False)]
    assert found == list(Issue)[:MOST]
    assert len(Issue) > MOST == 3
