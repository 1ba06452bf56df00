"""What administrators do to accounts, and what their owners meet and read of it."""

import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import User, UserSession
from tests.functional.reading import alert_of, is_marked, said_beside, status_of
from tests.functional.recovery import NEW_PASSWORD, choose

WHY = "A stranger has your password. Write to us."
SUSPEND, REINSTATE = "Suspend account", "Reinstate account"
END, SEND = "Sign out all sessions", "Send reset link"


@pytest.fixture
def suspend(desk):
    """Suspend the account of Ada."""
    return lambda reason=WHY: desk.press(SUSPEND, reason=reason)


def entries_of(browser):
    """Return the entries of the history of a user, the newest first."""
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
    assert WHY not in after.text
    owner = new_browser()
    refused = owner.sign_in()
    assert refused.status_int == 403
    assert WHY in refused.html.main.text
    assert not owner.is_signed_in


def test_reinstated_user_signs_in_and_reads_what_happened(desk, ada, suspend, new_browser):
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
    ]
    assert f"Reason: {WHY}" in read[-1]


@pytest.mark.asvs("16.2.1")
def test_the_log_says_who_it_was(desk, suspend, id_of, caplog):
    caplog.set_level(logging.INFO, "authsite.audit")
    suspend()
    [line] = [each for each in caplog.records if getattr(each, "event", "") == "user_suspended"]
    assert (line.user_id, line.actor_id) == (id_of(), id_of("boss@example.com"))
    assert "203.0.113.9" not in line.getMessage()


@pytest.mark.parametrize(("words", "typed"), [(SUSPEND, {"reason": WHY}), (END, {}), (SEND, {})])
def test_the_history_does_not_say_who_it_was_nor_from_where(desk, history_of, words, typed):
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
    assert "Shown to the user" in said_beside(page, "reason")
    assert ada.is_signed_in


def test_wrong_reason_is_corrected_on_the_same_page(desk, ada, suspend):
    answer = desk.press(SUSPEND, suspend(""), reason="x" * 200)
    assert answer.status_int == 303
    assert not ada.is_signed_in


def test_a_second_click_freezes_nothing_again(desk, history_of):
    page = desk.open()
    first = desk.press(SUSPEND, page, reason=WHY)
    happened = len(history_of())
    second = desk.press(SUSPEND, page, reason=WHY)
    assert (first.status_int, second.status_int) == (303, 303)
    assert len(history_of()) == happened


@pytest.mark.parametrize("words", [REINSTATE, END])
def test_nor_does_one_do_anything_else_twice(desk, suspend, history_of, words):
    if words == REINSTATE:
        suspend()
    page = desk.open()
    desk.press(words, page)
    happened = len(history_of())
    assert desk.press(words, page).status_int == 303
    assert len(history_of()) == happened


def test_nobody_locks_themselves_out(boss, id_of, dbsession):
    own = f"/admin/users/{id_of('boss@example.com')}"
    page = boss.get(own)
    assert SUSPEND not in page.text
    assert "Only another administrator can suspend it." in page.html.main.text
    refused = boss.submit(boss.get(f"{own}/suspend"), {"reason": WHY})
    assert refused.status_int == 422
    assert "suspend your own account" in alert_of(refused)
    assert boss.is_signed_in
    assert dbsession.scalars(sa.select(User.suspended_at)).all() == [None]


def test_another_administrator_can_be_suspended(ada, suspend, grant_admin, id_of):
    grant_admin("ada@example.com")
    other = f"/admin/users/{id_of('boss@example.com')}"
    ada.get(other, status=200)
    suspend()
    ada.get(other, status=303)


@pytest.mark.asvs("7.4.5")
def test_ended_sessions_are_those_of_one_user(desk, ada, boss, new_browser):
    eve = new_browser()
    eve.sign_up(email="eve@example.com")
    answer = desk.press(END)
    assert "All sessions signed out." in status_of(answer.follow())
    assert not ada.is_signed_in
    assert eve.is_signed_in
    assert boss.is_signed_in
    ada.sign_in()
    assert any("Reason: ended by an administrator" in entry for entry in entries_of(ada))


def test_who_ends_their_own_signs_out(desk, boss, id_of):
    answer = desk.press(END, boss.get(f"/admin/users/{id_of('boss@example.com')}"))
    assert answer.follow().location.startswith("http://localhost/sign-in")


@pytest.mark.asvs("6.4.6")
def test_a_link_leads_its_owner_to_a_new_password(desk, ada, mailbox, new_browser):
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
def test_a_second_click_sends_no_second_mail(desk, mailbox, let_time_pass):
    page = desk.open()
    desk.press(SEND, page)
    again = desk.press(SEND, page)
    assert again.status_int == 429
    assert int(again.headers["Retry-After"]) <= 180
    assert "We sent you an email a few minutes ago." in alert_of(again)
    sent = [
        mail for mail in mailbox.all_for("ada@example.com") if mail.template == "reset_password"
    ]
    assert len(sent) == 1
    let_time_pass(timedelta(minutes=3))
    assert desk.press("Send reset link to ada@example.com", again).status_int == 303


def test_no_stranger_uses_up_what_helps_an_owner(desk, browser, new_browser):
    stranger = new_browser()
    stranger.submit(stranger.get("/forgot-password"), {"email": "ada@example.com"})
    held_up = stranger.submit(stranger.get("/forgot-password"), {"email": "ada@example.com"})
    assert held_up.status_int == 429
    assert desk.press(SEND).status_int == 303


def test_an_account_that_has_gone_meanwhile_is_not_found(desk, services):
    """It goes between the look that finds its place and the act."""
    page = desk.open()
    gone = []

    def overtake(_connection):
        if not gone:
            gone.append(True)
            with services.database.engine.begin() as other:
                other.execute(sa.delete(User).where(User.email == "ada@example.com"))

    sa.event.listen(services.database.write_engine, "engine_connect", overtake)
    try:
        assert desk.press(END, page).status_int == 404
    finally:
        sa.event.remove(services.database.write_engine, "engine_connect", overtake)
    assert gone


def test_what_fails_leaves_nothing_half_done(desk, ada, dbsession):
    """The mail, the history and the sessions are one."""
    page = desk.open()
    dbsession.execute(sa.text("ALTER TABLE authsite_audit_event RENAME TO elsewhere"))
    dbsession.commit()
    try:
        assert desk.press(SUSPEND, page, reason=WHY).status_int >= 500
    finally:
        dbsession.execute(sa.text("ALTER TABLE elsewhere RENAME TO authsite_audit_event"))
        dbsession.commit()
    assert ada.is_signed_in
    assert dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession)) == 2
