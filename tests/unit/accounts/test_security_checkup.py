"""The security checkup: what is true, the most important first."""

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
from authsite.email_addresses import parse_email_address
from tests.factories import NOW, a_session, a_user, an_event, an_identity, some_noise

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ada(dbsession, work):
    """A user with nothing to recommend, in the session `here`, and other users."""
    user = a_user(dbsession, email_verified_at=NOW)
    for person in some_noise(dbsession):
        add_issues(work, person)
    a_session(dbsession, user, id="here", last_seen_at=NOW - 2 * UNSEEN_FOR, public_computer=True)
    an_event(dbsession, user, occurred_at=NOW - MINUTE)
    return user


def add_issues(work, user):
    """Add every issue that rows can cause."""
    dbsession = work.dbsession
    request_change(work, user)
    an_event(dbsession, user, kind=EventType.SIGN_IN_FAILED, occurred_at=NOW)
    a_session(dbsession, user, public_computer=True, last_seen_at=NOW - 2 * UNSEEN_FOR)


def request_change(work, user):
    """Let a change of the email address be pending for a day."""
    email = parse_email_address("new@example.com")
    issue_link(work, user, Purpose.CHANGE_EMAIL, email=email)
    work.dbsession.commit()


def recommended(services, user, *, now=NOW, **values):
    """Return the recommendations to the user, in the session `here`."""
    identity = an_identity(user_id=user.id, session_id="here", **values)
    return recommendations_for(services.checkup, identity, now=now)


def test_checkup_is_empty_when_nothing_is_wrong(services, dbsession, ada):
    a_session(dbsession, ada, last_seen_at=NOW - UNSEEN_FOR)
    a_session(dbsession, ada, last_seen_at=NOW - 2 * UNSEEN_FOR, expires_at=NOW)
    a_session(dbsession, ada, public_computer=True, last_seen_at=NOW, expires_at=NOW)
    assert recommended(services, ada) == []


def test_checkup_shows_an_unverified_address(services, ada):
    [found] = recommended(services, ada, email_is_verified=False)
    assert found == (Issue.EMAIL_UNVERIFIED, "Your email is not verified.")


def test_checkup_shows_a_pending_email_change(services, work, ada):
    request_change(work, ada)
    [found] = recommended(services, ada)
    assert found.issue is Issue.EMAIL_CHANGE_WAITS
    assert "new@example.com" in found.sentence
    assert recommended(services, ada, now=NOW + timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("number", "attempts"), [(1, "1 failed sign-in attempt"), (3, "3 failed sign-in attempts")]
)
def test_checkup_counts_failures_since_the_last_sign_in(services, dbsession, ada, number, attempts):
    for position in range(number):
        an_event(
            dbsession, ada, kind=EventType.SIGN_IN_FAILED, occurred_at=NOW - position * MINUTE / 10
        )
    an_event(dbsession, ada, kind=EventType.SIGN_IN_FAILED, occurred_at=NOW - 2 * MINUTE)
    [found] = recommended(services, ada)
    assert found.issue is Issue.WRONG_PASSWORDS
    assert f"{attempts} since" in found.sentence
    an_event(dbsession, ada, kind=EventType.PASSWORD_CONFIRMED, occurred_at=NOW + MINUTE)
    assert recommended(services, ada) == []


def test_checkup_counts_failures_without_a_sign_in(services, dbsession):
    user = a_user(dbsession)
    an_event(dbsession, user, occurred_at=NOW - KEPT_FOR)
    an_event(dbsession, user, kind=EventType.SIGN_IN_FAILED, occurred_at=NOW - KEPT_FOR)
    an_event(dbsession, user, kind=EventType.SIGN_IN_FAILED)
    [found] = recommended(services, user)
    assert found.sentence.startswith("1 failed sign-in attempt")


@pytest.mark.parametrize(("number", "where"), [(1, "a public computer"), (2, "2 public computers")])
def test_checkup_shows_public_computers(services, dbsession, ada, number, where):
    for _ in range(number):
        a_session(dbsession, ada, public_computer=True, last_seen_at=NOW)
    [found] = recommended(services, ada)
    assert found == (Issue.PUBLIC_COMPUTERS, f"You're still signed in on {where}.")


@pytest.mark.parametrize(("number", "where"), [(1, "another device"), (2, "2 other devices")])
def test_checkup_shows_sessions_unused_for_two_weeks(services, dbsession, ada, number, where):
    for _ in range(number):
        a_session(dbsession, ada, last_seen_at=NOW - UNSEEN_FOR - MINUTE)
    [found] = recommended(services, ada)
    assert found.issue is Issue.UNSEEN_SESSIONS
    assert where in found.sentence


def test_checkup_shows_the_three_most_important(services, work, ada):
    add_issues(work, ada)
    found = [each.issue for each in recommended(services, ada, email_is_verified=False)]
    assert found == list(Issue)[:MAX_RECOMMENDATIONS]
    assert len(Issue) > MAX_RECOMMENDATIONS == 3
