"""Actions of administrators on accounts, and what the users see of them."""

import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import User, UserSession
from tests.functional.reading import alert_of, description_of, is_marked, status_of
from tests.functional.recovery import NEW_PASSWORD, choose

REASON = "An attacker has your password. Write to us."
SUSPEND, REINSTATE = "Suspend account", "Reinstate account"
END, SEND = "Sign out all sessions", "Send reset link"


@pytest.fixture
def suspend(desk):
    """Suspend Ada's account."""
    return lambda reason=REASON: desk.press(SUSPEND, reason=reason)


def entries_of(browser):
    """Return the entries of a user's history, the newest first."""
    return [" ".join(each.text.split()) for each in browser.get("/account/history").html.ol("li")]


@pytest.mark.asvs("7.4.2", "7.4.5")
def test_suspended_user_is_anonymous_at_once(ada, suspend, new_browser):
    phone = new_browser()
    phone.sign_in()
    answer = suspend()
    assert "Account suspended" in status_of(answer.follow())
    assert not ada.is_signed_in
    assert not phone.is_signed_in


@pytest.mark.asvs("6.3.8")
def test_suspension_reason_needs_the_password(ada, suspend, new_browser):
    before = new_browser().sign_in(password="not that one")
    suspend()
    after = new_browser().sign_in(password="not that one")
    assert (after.status_int, alert_of(after)) == (before.status_int, alert_of(before))
    assert REASON not in after.text
    owner = new_browser()
    refused = owner.sign_in()
    assert refused.status_int == 403
    assert REASON in refused.html.main.text
    assert not owner.is_signed_in


def test_reinstated_user_signs_in_and_sees_the_history(desk, ada, suspend, new_browser):
    suspend()
    answer = desk.press(REINSTATE)
    assert "reinstated" in status_of(answer.follow())
    owner = new_browser()
    assert owner.sign_in().location.endswith("/dashboard")
    read = [entry for entry in entries_of(owner) if "by support" in entry]
    assert [entry.partition(" by support")[0] for entry in read] == [
        "Account reinstated",
        "Session ended",
        "Account suspended",
        "Account viewed",
    ]
    assert f"Reason: {REASON}" in read[-2]


@pytest.mark.asvs("16.2.1")
def test_log_names_the_administrator(desk, suspend, id_of, caplog):
    caplog.set_level(logging.INFO, "authsite.audit")
    suspend()
    [line] = [each for each in caplog.records if getattr(each, "event", "") == "user_suspended"]
    assert (line.user_id, line.actor_id) == (id_of(), id_of("admin@example.com"))
    assert "203.0.113.9" not in line.getMessage()


@pytest.mark.parametrize(("words", "typed"), [(SUSPEND, {"reason": REASON}), (END, {}), (SEND, {})])
def test_history_hides_administrator_and_their_browser(desk, history_of, words, typed):
    page = desk.open()
    before = len(history_of())
    desk.press(words, page, **typed)
    done = history_of()[before:]
    assert {event.actor for event in done} - {"system"} == {"administrator"}
    for event in done:
        origin = (event.ip_address, event.user_agent, event.session_id)
        assert origin == (None, None, None)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "\N{RIGHT-TO-LEFT OVERRIDE}x"])
def test_suspension_needs_a_readable_reason(ada, suspend, reason):
    page = suspend(reason)
    assert page.status_int == 422
    assert "There is a problem" in alert_of(page)
    assert is_marked(page, "reason")
    assert "Shown to the user" in description_of(page, "reason")
    assert ada.is_signed_in


def test_wrong_reason_is_corrected_on_the_same_page(desk, ada, suspend):
    answer = desk.press(SUSPEND, suspend(""), reason="x" * 200)
    assert answer.status_int == 303
    assert not ada.is_signed_in


def test_second_suspension_adds_no_event(desk, history_of):
    page = desk.open()
    first = desk.press(SUSPEND, page, reason=REASON)
    happened = len(history_of())
    second = desk.press(SUSPEND, page, reason=REASON)
    assert (first.status_int, second.status_int) == (303, 303)
    assert len(history_of()) == happened


@pytest.mark.parametrize("words", [REINSTATE, END])
def test_repeated_action_adds_no_event(desk, suspend, history_of, words):
    if words == REINSTATE:
        suspend()
    page = desk.open()
    desk.press(words, page)
    happened = len(history_of())
    assert desk.press(words, page).status_int == 303
    assert len(history_of()) == happened


def test_administrator_cannot_suspend_own_account(admin_browser, id_of, dbsession):
    own = f"/admin/users/{id_of('admin@example.com')}"
    page = admin_browser.get(own)
    assert SUSPEND not in page.text
    assert "Only another administrator can suspend it." in page.html.main.text
    refused = admin_browser.submit(admin_browser.get(f"{own}/suspend"), {"reason": REASON})
    assert refused.status_int == 422
    assert "suspend your own account" in alert_of(refused)
    assert admin_browser.is_signed_in
    assert dbsession.scalars(sa.select(User.suspended_at)).all() == [None]


def test_another_administrator_can_be_suspended(ada, suspend, grant_admin, id_of):
    grant_admin("ada@example.com")
    other = f"/admin/users/{id_of('admin@example.com')}"
    ada.get(other, status=200)
    suspend()
    ada.get(other, status=303)


@pytest.mark.asvs("7.4.5")
def test_end_sessions_affects_one_user(desk, ada, admin_browser, new_browser):
    eve = new_browser()
    eve.sign_up(email="eve@example.com")
    answer = desk.press(END)
    assert "All sessions signed out." in status_of(answer.follow())
    assert not ada.is_signed_in
    assert eve.is_signed_in
    assert admin_browser.is_signed_in
    ada.sign_in()
    assert any("Reason: ended by an administrator" in entry for entry in entries_of(ada))


def test_ending_own_sessions_signs_out(desk, admin_browser, id_of):
    answer = desk.press(END, admin_browser.get(f"/admin/users/{id_of('admin@example.com')}"))
    assert answer.follow().location.startswith("http://localhost/sign-in")


@pytest.mark.asvs("6.4.6")
def test_reset_link_is_sent_to_the_user(desk, ada, mailbox, new_browser):
    answer = desk.press(SEND)
    assert "email sent" in status_of(answer.follow())
    path = mailbox.latest("reset_password").path_to("reset-password")
    assert path not in answer.text
    owner = new_browser()
    choose(owner, path)
    assert owner.sign_in(password=NEW_PASSWORD).location.endswith("/dashboard")
    read = [entry for entry in entries_of(owner) if "by support" in entry]
    assert read[0].startswith("Password reset requested")


@pytest.mark.asvs("2.4.1")
def test_second_reset_link_is_throttled(desk, mailbox, let_time_pass):
    page = desk.open()
    desk.press(SEND, page)
    assert desk.press(SEND, page).status_int == 303  # the same form again
    again = desk.press(SEND)
    assert again.status_int == 429
    assert int(again.headers["Retry-After"]) <= 180
    assert "We sent you an email a few minutes ago." in alert_of(again)
    sent = [
        mail for mail in mailbox.all_for("ada@example.com") if mail.template == "reset_password"
    ]
    assert len(sent) == 1
    let_time_pass(timedelta(minutes=3))
    assert desk.press("Send reset link to ada@example.com", again).status_int == 303


def test_visitors_do_not_exhaust_the_administrators_limit(desk, browser, new_browser):
    visitor = new_browser()
    visitor.submit(visitor.get("/forgot-password"), {"email": "ada@example.com"})
    throttled = visitor.submit(visitor.get("/forgot-password"), {"email": "ada@example.com"})
    assert throttled.status_int == 429
    assert desk.press(SEND).status_int == 303


def test_account_deleted_meanwhile_is_not_found(desk, services):
    """It is deleted after traversal has found it, before the action begins."""
    page = desk.open()
    deleted = []

    def overtake(_connection):
        if not deleted:
            deleted.append(True)
            with services.database.engine.begin() as other:
                other.execute(sa.delete(User).where(User.email == "ada@example.com"))

    sa.event.listen(services.database.write_engine, "engine_connect", overtake)
    try:
        assert desk.press(END, page).status_int == 404
    finally:
        sa.event.remove(services.database.write_engine, "engine_connect", overtake)
    assert deleted


def test_failed_suspension_is_rolled_back(desk, ada, dbsession):
    """Email, audit events and sessions are one transaction."""
    page = desk.open()
    dbsession.execute(sa.text("ALTER TABLE authsite_audit_event RENAME TO elsewhere"))
    dbsession.commit()
    try:
        assert desk.press(SUSPEND, page, reason=REASON).status_int >= 500
    finally:
        dbsession.execute(sa.text("ALTER TABLE elsewhere RENAME TO authsite_audit_event"))
        dbsession.commit()
    assert ada.is_signed_in
    assert dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession)) == 2
