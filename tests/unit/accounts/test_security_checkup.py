"""What could be mended: only what is true, and what weighs most first."""

from datetime import timedelta

import pytest

from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.security_checkup import (
    MAX_RECOMMENDATIONS,
    UNSEEN_FOR,
    Issue,
    recommendations_for,
)
from authsite.audit.event_types import EventType
from authsite.audit.store import KEPT_FOR
from tests.factories import NOW, a_session, a_user, an_event, an_identity, some_noise

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ada(dbsession):
    """Somebody among others, with a session in which all is well."""
    user = a_user(dbsession, email_verified_at=NOW)
    for person in some_noise(dbsession):
        troubles(dbsession, person)
    a_session(dbsession, user, id="here", last_seen_at=NOW - 2 * UNSEEN_FOR, public_computer=True)
    an_event(dbsession, user, occurred_at=NOW - MINUTE)
    return user


def troubles(dbsession, user):
    """Let everything be wrong that can be."""
    ask_for_address(dbsession, user)
    an_event(dbsession, user, kind=EventType.SIGN_IN_FAILED, occurred_at=NOW)
    a_session(dbsession, user, public_computer=True, last_seen_at=NOW - 2 * UNSEEN_FOR)


def ask_for_address(dbsession, user):
    """Let a change of the address wait for an hour."""
    new = {"email": "new@example.com", "email_normalized": "new@example.com"}
    hour = timedelta(hours=1)
    issue_link(dbsession, user, Purpose.CHANGE_EMAIL, **new, lifetime=hour, now=NOW - MINUTE)
    dbsession.commit()


def suggested(dbsession, user, *, now=NOW, **values):
    """Return the suggestions for the user, in the session `here`."""
    identity = an_identity(user_id=user.id, session_id="here", **values)
    return recommendations_for(dbsession, identity, now=now)


def test_when_all_is_well_nothing_is_suggested(dbsession, ada):
    a_session(dbsession, ada, last_seen_at=NOW - UNSEEN_FOR)
    a_session(dbsession, ada, last_seen_at=NOW - 2 * UNSEEN_FOR, expires_at=NOW)
    a_session(dbsession, ada, public_computer=True, last_seen_at=NOW, expires_at=NOW)
    assert suggested(dbsession, ada) == []


def test_an_address_that_nobody_has_proven(dbsession, ada):
    [found] = suggested(dbsession, ada, email_is_verified=False)
    assert found == (Issue.EMAIL_UNVERIFIED, "Your email is not verified.")


def test_a_change_of_the_address_that_waits(dbsession, ada):
    ask_for_address(dbsession, ada)
    [found] = suggested(dbsession, ada)
    assert found.issue is Issue.EMAIL_CHANGE_WAITS
    assert "new@example.com" in found.sentence
    assert suggested(dbsession, ada, now=NOW + timedelta(hours=1)) == []


@pytest.mark.parametrize(
    ("number", "attempts"), [(1, "1 failed sign-in attempt"), (3, "3 failed sign-in attempts")]
)
def test_wrong_passwords_since_the_right_one_was_typed(dbsession, ada, number, attempts):
    for position in range(number):
        an_event(
            dbsession, ada, kind=EventType.SIGN_IN_FAILED, occurred_at=NOW - position * MINUTE / 10
        )
    an_event(dbsession, ada, kind=EventType.SIGN_IN_FAILED, occurred_at=NOW - 2 * MINUTE)
    [found] = suggested(dbsession, ada)
    assert found.issue is Issue.WRONG_PASSWORDS
    assert f"{attempts} since" in found.sentence
    an_event(dbsession, ada, kind=EventType.PASSWORD_CONFIRMED, occurred_at=NOW + MINUTE)
    assert suggested(dbsession, ada) == []


def test_wrong_passwords_when_it_is_not_known_when_the_right_one_was_typed(dbsession):
    user = a_user(dbsession)
    an_event(dbsession, user, occurred_at=NOW - KEPT_FOR)
    an_event(dbsession, user, kind=EventType.SIGN_IN_FAILED, occurred_at=NOW - KEPT_FOR)
    an_event(dbsession, user, kind=EventType.SIGN_IN_FAILED)
    [found] = suggested(dbsession, user)
    assert found.sentence.startswith("1 failed sign-in attempt")


@pytest.mark.parametrize(("number", "where"), [(1, "a public computer"), (2, "2 public computers")])
def test_public_computers(dbsession, ada, number, where):
    for _ in range(number):
        a_session(dbsession, ada, public_computer=True, last_seen_at=NOW)
    [found] = suggested(dbsession, ada)
    assert found == (Issue.PUBLIC_COMPUTERS, f"You're still signed in on {where}.")


@pytest.mark.parametrize(("number", "where"), [(1, "another device"), (2, "2 other devices")])
def test_sessions_that_were_not_seen_for_two_weeks(dbsession, ada, number, where):
    for _ in range(number):
        a_session(dbsession, ada, last_seen_at=NOW - UNSEEN_FOR - MINUTE)
    [found] = suggested(dbsession, ada)
    assert found.issue is Issue.UNSEEN_SESSIONS
    assert where in found.sentence


def test_what_weighs_most_comes_first_and_no_more_than_three(dbsession, ada):
    troubles(dbsession, ada)
    found = [each.issue for each in suggested(dbsession, ada, email_is_verified=False)]
    assert found == list(Issue)[:MAX_RECOMMENDATIONS]
    assert len(Issue) > MAX_RECOMMENDATIONS == 3
