"""`/account/sessions`: sessions that have recently ended, with the reason."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.audit.event_types import SessionEndReason
from authsite.clock import utc_now
from authsite.models import AuditEvent
from authsite.purging.targets import SESSIONS, purge
from tests.browsers import PASSWORD
from tests.functional.recovery import NEW_PASSWORD, choose, reset_link
from tests.functional.sessions_page import (
    at_a_desk,
    ended_of,
    on_the_road,
    path_of,
)


@pytest.fixture
def ada(new_browser):
    """The browser of a user who has signed up on a desktop computer."""
    return at_a_desk(new_browser)


@pytest.fixture
def phone(ada, new_browser):
    """The same user's phone."""
    return on_the_road(new_browser)


def signed_out(ada, phone, **_kw):
    phone.sign_out()


def replaced(ada, phone, *, new_browser, mailbox, **_kw):
    """Follow the link of another user on the phone and sign in to their account."""
    grace = "grace@example.org"
    new_browser().sign_up(email=grace)
    link = mailbox.latest("verify_email", grace).path_to("verify-email")
    phone.submit(phone.get(link), {"password": PASSWORD})


def expired(ada, phone, *, let_time_pass, services, **_kw):
    """Let the session of the phone expire, and purge it."""
    let_time_pass(timedelta(days=20))
    ada.get("/dashboard")
    let_time_pass(timedelta(days=20))
    list(purge(services.database, SESSIONS, now=utc_now()))


def password_changed(ada, phone, **_kw):
    typed = {"current_password": PASSWORD, "password": NEW_PASSWORD}
    page = ada.get("/account/password")
    ada.submit(page, typed | {"confirm_password": NEW_PASSWORD})


def password_reset(ada, phone, *, new_browser, mailbox, **_kw):
    """Reset the password by a link."""
    browser = new_browser()
    choose(browser, reset_link(browser, mailbox))
    ada.sign_in(password=NEW_PASSWORD)


def secured(ada, phone, *, new_browser, mailbox, **_kw):
    """Secure the account by the notice about the sign-in on the phone."""
    browser = new_browser()
    link = mailbox.latest("new_device_sign_in").path_to("secure-account")
    reset_token = browser.submit(browser.get(link), {}).location
    choose(browser, reset_token.removeprefix("http://localhost"))
    ada.sign_in(password=NEW_PASSWORD)


def closed(ada, phone, **_kw):
    """Close the account and reactivate it."""
    ada.submit(ada.get("/account/close"), {"password": PASSWORD})
    ada.submit(ada.sign_in().follow(), {})


@pytest.fixture
def tools(new_browser, mailbox, let_time_pass, services):
    """The fixtures with which sessions are ended."""
    return {
        "new_browser": new_browser,
        "mailbox": mailbox,
        "let_time_pass": let_time_pass,
        "services": services,
    }


WAYS = {
    SessionEndReason.SIGNED_OUT: signed_out,
    SessionEndReason.REPLACED: replaced,
    SessionEndReason.EXPIRED: expired,
    SessionEndReason.PASSWORD_CHANGED: password_changed,
    SessionEndReason.PASSWORD_RESET: password_reset,
    SessionEndReason.ACCOUNT_SECURED: secured,
    SessionEndReason.CLOSED: closed,
}


@pytest.mark.parametrize("reason", WAYS, ids=lambda reason: reason.key)
def test_ended_session_shows_its_reason(ada, phone, reason, tools):
    ada.submit(ada.get(path_of(phone)), {"session_name": "my phone"})
    WAYS[reason](ada, phone, **tools)
    [ended] = [each for each in ended_of(ada) if each.startswith("my phone")]
    assert ended.startswith("my phone Safari on iOS · 198.51.100.7")
    assert ended.endswith(reason.value)


def test_ended_sessions_are_listed_for_thirty_days(ada, phone, let_time_pass):
    phone.sign_out()
    let_time_pass(timedelta(days=29))
    assert len(ended_of(ada)) == 1
    ada.get("/dashboard")
    let_time_pass(timedelta(days=2))
    assert ended_of(ada) == []


def test_ended_sessions_of_other_users_are_not_listed(ada, new_browser):
    eve = new_browser()
    eve.sign_up(email="eve@example.com")
    eve.sign_out()
    assert ended_of(ada) == []


def test_at_most_fifty_ended_sessions_are_listed(ada, phone, dbsession):
    phone.sign_out()
    ended = AuditEvent.type == "session_ended"
    own = dbsession.execute(sa.select(AuditEvent.__table__).where(ended)).mappings().one()
    for number in range(60):
        moved = {"id": f"{number:016}", "at": own["occurred_at"] - timedelta(hours=number)}
        dbsession.execute(sa.insert(AuditEvent.__table__), {**own, **moved})
    dbsession.commit()
    assert len(ended_of(ada)) == 50
