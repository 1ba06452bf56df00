"""Every flow records audit events, logs them and notifies host applications."""

import logging

import pytest
import sqlalchemy as sa
from pyramid.config import Configurator
from webtest import TestApp

from authsite.audit.event_types import AccountEvent, EventType
from authsite.clock import utc_now
from authsite.models import AuditEvent, User, UserSession
from authsite.purging.targets import SESSIONS, purge
from authsite.services import services_of
from tests.browsers import PASSWORD, Browser
from tests.functional.recovery import NEW_PASSWORD, choose, reset_link

ADA = "ada@example.com"


@pytest.fixture
def history(services):
    """Return a user's event types, oldest first, each with one of its details if it has it."""

    def of(email=ADA, *, detail="reason"):
        mine = (
            sa.select(AuditEvent.type, AuditEvent.details)
            .join(User, User.id == AuditEvent.user_id)
            .where(User.email == email)
            .order_by(AuditEvent.occurred_at)
        )
        with services.database.engine.connect() as connection:
            rows = connection.execute(mine).all()
        return [
            f"{event_type} {details[detail]}" if detail in details else event_type
            for event_type, details in rows
        ]

    return of


@pytest.fixture
def ada(browser, verify):
    """The browser of a user with a verified email."""
    browser.sign_up()
    verify()
    return browser


def test_sign_up_sign_out_and_sign_in_are_recorded(browser, history):
    browser.sign_up()
    assert history() == ["signed_up", "email_queued", "signed_in"]
    browser.sign_out()
    browser.sign_in()
    assert history()[3:] == ["session_ended signed_out", "signed_in"]


def test_session_events_carry_the_session_id(ada, dbsession):
    session_id = ada.cookie.partition(".")[0]
    ada.sign_out()
    begun, ended = dbsession.scalars(
        sa.select(AuditEvent)
        .where(AuditEvent.session_id.is_not(None))
        .order_by(AuditEvent.occurred_at)
    ).all()
    assert (begun.session_id, begun.details) == (session_id, {"method": "sign_up"})
    assert (ended.session_id, ended.details["session"]) == (session_id, session_id)
    assert begun.user_agent == ended.user_agent == "Mozilla/5.0 (X11; Linux) Test/1.0"
    assert begun.ip_address == ended.ip_address == "192.0.2.1"


@pytest.mark.asvs("16.3.1")
def test_failed_sign_in_is_recorded_for_one_user_only(ada, new_browser, history, dbsession, caplog):
    caplog.set_level(logging.INFO, "authsite")
    before = len(history())
    assert (
        new_browser(REMOTE_ADDR="198.51.100.7").sign_in(password="not that one").status_int == 422
    )
    assert new_browser().sign_in("unknown@example.com").status_int == 422
    assert history()[before:] == ["sign_in_failed"]
    assert dbsession.scalar(
        sa.select(AuditEvent.ip_address).order_by(AuditEvent.occurred_at.desc())
    ) == ("198.51.100.7")
    messages = [record.getMessage() for record in caplog.records if "authn" in record.getMessage()]
    assert len(messages) == 2
    assert "user_id=" in messages[0]
    assert "user_id=" not in messages[1]
    assert "unknown@example.com" not in caplog.text


def test_new_device_is_recorded_once(ada, new_browser, history):
    before = len(history())
    other = new_browser()
    for _ in range(2):
        other.sign_in()
        other.sign_out()
    assert [each for each in history()[before:] if each != "email_queued"] == [
        "new_device_sign_in",
        "session_ended signed_out",
        "signed_in",
        "session_ended signed_out",
    ]


def test_device_is_recognized_after_a_reset(ada, mailbox, history):
    choose(ada, reset_link(ada, mailbox))
    before = len(history())
    ada.sign_in(password=NEW_PASSWORD)
    assert history()[before:] == ["signed_in"]


def test_sign_in_ends_another_users_session(browser, new_browser, mailbox, history):
    browser.sign_up()
    link = mailbox.latest("verify_email", ADA).path_to("verify-email")
    grace = new_browser()
    grace.sign_up(email="grace@example.com")
    grace.submit(grace.get(link), {"password": PASSWORD})
    assert history("grace@example.com")[-1] == "session_ended replaced"
    assert history()[-3:] == ["email_verified", "new_device_sign_in", "email_queued"]


def test_password_change_is_recorded(ada, new_browser, history):
    new_browser().sign_in()
    before = len(history())
    typed = {"current_password": PASSWORD, "password": NEW_PASSWORD}
    ada.submit(ada.get("/account/password"), typed | {"confirm_password": NEW_PASSWORD})
    assert history()[before:] == [
        "session_ended password_changed",
        "password_changed",
        "email_queued",
    ]


def test_password_reset_is_recorded(ada, new_browser, mailbox, history):
    before = len(history())
    other = new_browser()
    choose(other, reset_link(other, mailbox))
    assert history()[before:] == [
        "password_reset_requested",
        "email_queued",
        "session_ended password_reset",
        "password_reset",
        "email_queued",
    ]


def test_reset_request_for_unknown_email_is_not_recorded(browser, dbsession):
    browser.submit(browser.get("/forgot-password"), {"email": "unknown@example.com"})
    assert dbsession.scalars(sa.select(AuditEvent)).all() == []


def test_email_change_and_its_reversal_are_recorded(ada, mailbox, history, new_browser):
    before = len(history())
    ada.submit(ada.get("/account/email"), {"email": "new@example.com"})
    # The history must not reveal whether the new email was free; only the email to it does.
    assert history(detail="to")[before:] == [
        "email_change_requested new@example.com",
        "email_queued",
    ]
    link = mailbox.latest("change_email", "new@example.com").path_to("change-email")
    ada.submit(ada.get(link), {})
    back = mailbox.latest("email_changed", ADA).path_to("secure-account")
    owner = new_browser()
    owner.submit(owner.get(back), {})
    assert history()[before + 2 :] == [
        "email_changed",
        "email_queued",
        "email_queued",
        "email_changed",
        "account_secured",
        "session_ended account_secured",
    ]


def test_history_hides_whether_an_email_is_registered(ada, new_browser, history):
    new_browser().sign_up(email="grace@example.com")
    before = len(history())
    ada.submit(ada.get("/account/email"), {"email": "grace@example.com"})
    assert history()[before:] == ["email_change_requested", "email_queued"]
    assert history("grace@example.com")[-1] == "email_queued"


def test_email_verification_is_recorded(browser, mailbox, history):
    browser.sign_up()
    link = mailbox.latest("verify_email", ADA).path_to("verify-email")
    browser.submit(browser.get(link), {})
    assert history(detail="to")[-1] == f"email_verified {ADA}"


def test_claimed_account_is_recorded(browser, new_browser, mailbox, history):
    browser.sign_up()
    before = len(history())
    link = mailbox.latest("verify_email", ADA).path_to("verify-email")
    reader = new_browser()
    page = reader.get(link)
    claim = page.forms[max(page.forms)]
    claim.submit("without_password", headers={"Sec-Fetch-Site": "same-origin"})
    assert history()[before:] == ["account_claimed", "session_ended claimed"]


def test_password_confirmation_is_recorded(ada, history, let_time_pass):
    ada.submit(ada.get("/confirm-password"), {"current_password": PASSWORD})
    assert history()[-1] == "password_confirmed"


def test_closing_and_reactivation_are_recorded(ada, history):
    before = len(history())
    ada.submit(ada.get("/account/close"), {"password": PASSWORD})
    assert history()[before:] == ["session_ended closed", "deletion_scheduled", "email_queued"]
    page = ada.sign_in().follow()
    ada.submit(page, {})
    assert history()[before + 3 :] == ["deletion_cancelled", "signed_in"]


def test_expired_session_is_recorded(ada, services, dbsession, history):
    dbsession.execute(sa.update(UserSession).values(expires_at=utc_now()))
    dbsession.commit()
    assert list(purge(services.database, SESSIONS, now=utc_now())) == [1]
    assert history()[-1] == "session_ended expired"


@pytest.mark.asvs("16.5.3")
def test_failed_email_change_records_no_event(ada, mailbox, new_browser, history):
    """The email is taken before the link is used, so the transaction is rolled back."""
    ada.submit(ada.get("/account/email"), {"email": "new@example.com"})
    link = mailbox.latest("change_email", "new@example.com").path_to("change-email")
    new_browser().sign_up(email="new@example.com")
    before = history()
    assert ada.submit(ada.get(link), {}).status_int == 422
    assert history() == before


def test_subscribers_run_inside_the_transaction(database_url, settings_of_tests, services, history):
    seen = []

    def remember(event: AccountEvent) -> None:
        seen.append((event.type, event.user_id))
        if event.type is EventType.PASSWORD_CONFIRMED:
            raise RuntimeError

    def write(event: AccountEvent) -> None:
        if event.type is EventType.SIGNED_UP:
            user = event.dbsession.get(User, event.user_id)
            user.last_name = "Byron"

    with Configurator(settings=settings_of_tests | {"sqlalchemy.url": database_url}) as config:
        config.include("authsite.application.standalone")
        config.add_subscriber(remember, AccountEvent)
        config.add_subscriber(write, AccountEvent)
        application = config.make_wsgi_app()
    browser = Browser(TestApp(application))
    browser.sign_up()
    assert [event_type for event_type, _ in seen] == [
        EventType.SIGNED_UP,
        EventType.EMAIL_QUEUED,
        EventType.SIGNED_IN,
    ]
    assert len({user_id for _, user_id in seen}) == 1
    assert "Ada Byron" in browser.get("/dashboard").text
    before = history()
    page = browser.get("/confirm-password")
    assert browser.submit(page, {"current_password": PASSWORD}).status_int == 500
    assert history() == before
    services_of(application.registry).database.dispose()
