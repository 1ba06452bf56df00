"""Helping one user: unlock, verify, end a session, see and repeat emails, write notes."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.models import AccountNote, EmailLink, OutboxMessage, User
from tests.functional.admin.conftest import Desk
from tests.functional.reading import alert_of, description_of, is_marked, status_of

UNLOCK, VERIFY = "Unlock account", "Mark email as verified"
WRONG = "not that one"


def entries_of(browser):
    """Return the entries of a user's history that support caused, the newest first."""
    read = [" ".join(each.text.split()) for each in browser.get("/account/history").html.ol("li")]
    return [entry for entry in read if "by support" in entry]


def use_up(browser):
    """Enter wrong passwords until the browser is throttled."""
    for _ in range(11):
        answer = browser.sign_in(password=WRONG)
    assert answer.status_int == 429


def test_unlocked_user_signs_in(desk, ada, new_browser):
    elsewhere = new_browser(REMOTE_ADDR="198.51.100.7")
    use_up(elsewhere)
    assert elsewhere.sign_in().status_int == 429
    page = desk.open()
    assert "Too many failed sign-ins" in page.html.main.text
    answer = desk.press(UNLOCK, page)
    assert "Account unlocked." in status_of(answer.follow())
    assert "The account and its networks are not throttled." in desk.open().html.main.text
    assert elsewhere.sign_in().location.endswith("/dashboard")
    assert entries_of(ada)[0].startswith("Sign-in attempts reset by support")


def test_unlocking_resets_known_browsers(desk, ada):
    ada.sign_out()
    ada.sign_in()
    ada.sign_out()
    use_up(ada)
    desk.press(UNLOCK)
    assert ada.sign_in().location.endswith("/dashboard")


def test_unlocking_one_account_leaves_others_throttled(desk, ada, new_browser):
    eve = new_browser()
    eve.sign_up(email="eve@example.com")
    visitor = new_browser()
    for _ in range(11):
        refused = visitor.sign_in("eve@example.com", WRONG)
    assert refused.status_int == 429
    desk.press(UNLOCK)
    assert visitor.sign_in("eve@example.com").status_int == 429


def test_throttled_networks_are_named_but_not_unlocked(new_site, grant_admin, id_of):
    settings = {"authsite.throttle.sign_in_network": "2/5m"}
    _services, administrator = new_site(settings, REMOTE_ADDR="203.0.113.9")
    administrator.sign_up(email="admin@example.com")
    grant_admin("admin@example.com")
    _services, visitor = new_site(settings, REMOTE_ADDR="2001:db8:1:2::7")
    visitor.sign_up()
    visitor.app.reset()
    for _ in range(3):
        refused = visitor.sign_in(password=WRONG)
    assert refused.status_int == 429
    path = f"/admin/users/{id_of()}"
    named = "Too many failed sign-ins from 2001:db8:1:2::/64"
    assert named in administrator.get(path).html.main.text
    Desk(administrator, path).press(UNLOCK)
    assert named in administrator.get(path).html.main.text
    assert visitor.sign_in().status_int == 429


def test_requested_emails_are_unlocked(desk, new_browser, mailbox):
    visitor = new_browser()
    request = {"email": "ada@example.com"}
    visitor.submit(visitor.get("/forgot-password"), request)
    again = visitor.submit(visitor.get("/forgot-password"), request)
    assert again.status_int == 429
    desk.press(UNLOCK)
    # Other fields than before, since the same form twice has one answer.
    request = {"email": "Ada@example.com"}
    assert visitor.submit(visitor.get("/forgot-password"), request).status_int == 200


def test_email_is_marked_as_verified_with_a_reason(desk, ada, dbsession):
    page = desk.open().click(VERIFY)
    empty = desk.browser.submit(page, {"reason": " "})
    assert empty.status_int == 422
    assert is_marked(empty, "reason")
    assert "Enter a reason." in description_of(empty, "reason")
    answer = desk.browser.submit(page, {"reason": "Shown in person."})
    shown = answer.follow()
    assert "Email marked as verified." in status_of(shown)
    assert VERIFY not in shown.text
    assert "Resend email" not in ada.get("/dashboard").text
    read = entries_of(ada)[0]
    assert read.startswith("Email verified by support")
    assert "Reason: Shown in person." in read
    links = sa.select(EmailLink.purpose).join(User, User.id == EmailLink.user_id)
    of_ada = links.where(User.email == "ada@example.com")
    assert "verify_email" not in dbsession.scalars(of_ada).all()


def test_marking_a_verified_email_again_changes_nothing(desk, history_of):
    page = desk.open().click(VERIFY)
    desk.browser.submit(page, {"reason": "one"})
    happened = len(history_of())
    assert desk.browser.submit(page, {"reason": "two"}).status_int == 303
    assert len(history_of()) == happened


def test_administrator_cannot_verify_own_email(admin_browser, id_of, dbsession):
    own = f"/admin/users/{id_of('admin@example.com')}"
    dbsession.execute(sa.update(User).values(email_verified_at=None))
    dbsession.commit()
    assert VERIFY not in admin_browser.get(own).text
    refused = admin_browser.submit(admin_browser.get(f"{own}/mark-verified"), {"reason": "mine"})
    assert refused.status_int == 422
    assert "You can't mark your own email as verified." in alert_of(refused)
    assert dbsession.scalars(sa.select(User.email_verified_at)).all() == [None]


def test_one_session_is_ended(desk, ada, new_browser, history_of):
    phone = new_browser(HTTP_USER_AGENT="Peculiar/1.0", REMOTE_ADDR="198.51.100.7")
    phone.sign_in()
    page = desk.open()
    [button] = [each for each in page.html("button") if "198.51.100.7" in each.text]
    path = button.find_parent("form")["action"]
    fields = {"csrf_token": button.find_parent("form").input["value"]}
    here = {"Sec-Fetch-Site": "same-origin"}
    answer = desk.browser.app.post(path, fields, headers=here, status=303)
    assert "Session signed out." in status_of(answer.follow())
    assert not phone.is_signed_in
    assert ada.is_signed_in
    assert "Reason: ended by an administrator" in entries_of(ada)[0]
    happened = len(history_of())
    fields["again"] = "another form"
    desk.browser.app.post(path, fields, headers=here, status=303)
    assert len(history_of()) == happened
    unknown = path.replace(path.split("/")[-2], "unknown")
    desk.browser.app.post(unknown, fields, headers=here, status=404)


def test_sessions_of_others_are_not_ended(desk, ada, new_browser, id_of, admin_browser):
    eve = new_browser()
    eve.sign_up(email="eve@example.com")
    session = eve.cookie.partition(".")[0]
    fields = {"csrf_token": desk.open().html.main.form.input["value"]}
    here = {"Sec-Fetch-Site": "same-origin"}
    path = f"/admin/users/{id_of()}/sessions/{session}/end"
    desk.browser.app.post(path, fields, headers=here, status=303)
    assert eve.is_signed_in


@pytest.fixture
def defer(services):
    """Let the delivery of all emails have failed for now; return the time of the next attempt."""

    def change(error="451 try later", **values):
        later = utc_now() + timedelta(hours=3)
        changed = {"next_attempt_at": later, "attempts": 4, "last_error": error} | values
        with services.database.write_engine.begin() as connection:
            connection.execute(sa.update(OutboxMessage).values(changed))

    return change


def emails_of(page):
    """Return the listed emails."""
    listed = page.html.main.find(class_="entries")
    return [" ".join(each.text.split()) for each in listed("li")] if listed else []


def test_emails_are_listed_without_their_text(desk, defer, mailbox):
    [mail] = mailbox.all_for("ada@example.com")
    [waiting] = emails_of(desk.open().click("Emails"))
    assert waiting.startswith("Verify email waiting ada@example.com Queued for ")
    assert "Next attempt on" in waiting
    defer()
    page = desk.open().click("Emails")
    [deferred] = emails_of(page)
    assert deferred.startswith("Verify email deferred")
    assert "Attempts: 4 Last error: 451 try later" in deferred
    assert mail.subject not in page.text
    assert mail.path_to("verify-email") not in page.text
    ended = {"next_attempt_at": None, "subject": None, "content": None}
    defer(**ended)
    [failed] = emails_of(desk.open().click("Emails"))
    assert failed.startswith("Verify email failed")
    defer(error=None, delivered_at=utc_now(), **ended)
    page = desk.open().click("Emails")
    assert emails_of(page)[0].startswith("Verify email delivered")
    assert "Delivered on" in page.text
    assert "Try again now" not in page.text


def test_account_without_emails_says_so(desk, mailbox):
    mailbox.empty()
    assert "No emails in the last 90 days." in desk.open().click("Emails").html.main.text


@pytest.fixture
def next_attempt(services):
    """Return when the delivery of Ada's only email is attempted next."""

    def look():
        of_ada = OutboxMessage.recipient == "ada@example.com"
        with services.database.read_engine.connect() as connection:
            return connection.scalars(sa.select(OutboxMessage.next_attempt_at).where(of_ada)).one()

    return look


def press_retry(desk, page):
    """Press the only button that repeats a delivery."""
    [button] = [each for each in page.html("button") if "Try again now" in each.text]
    form = next(each for each in page.forms.values() if each.action.endswith("/retry"))
    assert button.find_parent("form")["action"] == form.action
    return form.submit(headers={"Sec-Fetch-Site": "same-origin"}, expect_errors=True)


def test_deferred_email_is_due_at_once(desk, ada, defer, next_attempt):
    defer()
    page = desk.open().click("Emails")
    answer = press_retry(desk, page)
    assert answer.location.endswith("/emails")
    assert "We're trying to deliver the email again." in status_of(answer.follow())
    assert next_attempt() <= utc_now()
    assert entries_of(ada)[0].startswith("Email delivery repeated by support")


def test_email_that_may_be_on_its_way_is_left_alone(desk, defer, next_attempt):
    soon = utc_now() + timedelta(minutes=1)
    defer(next_attempt_at=soon)
    press_retry(desk, desk.open().click("Emails"))
    assert next_attempt() == soon


def test_delivered_email_is_not_repeated(desk, defer, history_of):
    defer()
    page = desk.open().click("Emails")
    defer(error=None, next_attempt_at=None, delivered_at=utc_now())
    happened = len(history_of())
    answer = press_retry(desk, page)
    assert "this email is no longer waiting" in status_of(answer.follow())
    assert len(history_of()) == happened


def test_verification_is_sent_again(desk, ada, mailbox):
    send = "Send verification email"
    first = mailbox.latest("verify_email").path_to("verify-email")
    page = desk.open()
    assert "Verification email sent." in status_of(desk.press(send, page).follow())
    second = mailbox.latest("verify_email").path_to("verify-email")
    assert second != first
    assert second not in desk.open().text
    throttled = desk.press(send)
    assert throttled.status_int == 429
    assert "We sent you an email a few minutes ago." in alert_of(throttled)
    ada.submit(ada.get(second), {})
    assert send not in desk.open().text
    refused = desk.press(f"{send} to ada@example.com", throttled)
    assert refused.status_int == 422
    assert "This email is verified already." in alert_of(refused)


def test_notes_are_listed_with_their_authors(desk, ada, dbsession):
    page = desk.open().click("Notes")
    assert "No notes yet." in page.text
    for text in ("Called: lost <b>phone</b>.\r\nWill write.", "Wrote.", "Third.", "Fourth."):
        answer = desk.browser.submit(page, {"note": text})
        assert "Note added." in status_of(answer.follow())
    page = desk.open().click("Notes")
    notes = [each.get_text("|", strip=True) for each in page.html.main.ol("li")]
    assert [note.partition("|")[0] for note in notes] == [
        "Fourth.",
        "Third.",
        "Wrote.",
        "Called: lost <b>phone</b>.\nWill write.",
    ]
    assert all("Added by administrator Grace Hopper" in note for note in notes)
    latest = desk.open().html.main.text
    assert "Wrote." in latest
    assert "Called" not in latest
    assert entries_of(ada)[0].startswith("Note added by support")


def test_user_never_sees_a_note(desk, ada):
    desk.browser.submit(desk.open().click("Notes"), {"note": "Peculiar words."})
    for path in ("/account", "/account/history", "/account/history.json", "/account/export"):
        answer = ada.get(path)
        assert "Peculiar" not in answer.text


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ("", "Enter a note."),
        ("x" * 2001, "Use at most 2000 characters."),
        ("a\tb", "Remove the tab after “a”."),
        ("\N{RIGHT-TO-LEFT OVERRIDE}x", "Remove the invisible character"),
    ],
)
def test_unusable_note_is_refused(desk, dbsession, note, message):
    page = desk.browser.submit(desk.open().click("Notes"), {"note": note})
    assert page.status_int == 422
    field = page.html.main.find("textarea")
    assert field["aria-invalid"] == "true"
    assert message in page.html.find(id="note-error").text
    assert dbsession.scalars(sa.select(AccountNote.id)).all() == []


def test_longest_note_is_stored(desk, dbsession):
    longest = "äx" * 1000
    desk.browser.submit(desk.open().click("Notes"), {"note": longest})
    assert dbsession.scalars(sa.select(AccountNote.text)).all() == [longest]


def test_note_of_a_deleted_administrator_is_kept(desk, new_browser, grant_admin, id_of, dbsession):
    desk.browser.submit(desk.open().click("Notes"), {"note": "Lost phone."})
    other = new_browser()
    other.sign_up(email="other@example.com")
    grant_admin("other@example.com")
    dbsession.execute(sa.delete(User).where(User.email == "admin@example.com"))
    dbsession.commit()
    page = other.get(f"{desk.path}/notes")
    assert "Lost phone." in page.text
    assert "Added by administrator," in page.text


def test_notes_are_deleted_with_the_account(desk, dbsession):
    desk.browser.submit(desk.open().click("Notes"), {"note": "Lost phone."})
    dbsession.execute(sa.delete(User).where(User.email == "ada@example.com"))
    dbsession.commit()
    assert dbsession.scalars(sa.select(AccountNote.id)).all() == []


ACTIONS = ("unlock", "send-verification", "mark-verified", "notes")


def test_support_pages_are_for_administrators(desk, ada, id_of):
    fields = {"csrf_token": ada.get("/dashboard").forms[0]["csrf_token"].value, "reason": "x"}
    for action in (*ACTIONS, f"sessions/{ada.cookie.partition('.')[0]}/end", "emails/x/retry"):
        path = f"/admin/users/{id_of()}/{action}"
        ada.app.post(path, fields, headers={"Sec-Fetch-Site": "same-origin"}, status=403)
    for page in ("emails", "notes", "mark-verified"):
        ada.get(f"/admin/users/{id_of()}/{page}", status=403)


def test_support_pages_need_the_password(desk, admin_browser, let_time_pass):
    let_time_pass(timedelta(minutes=11))
    for page in ("emails", "notes", "mark-verified"):
        answer = admin_browser.get(f"{desk.path}/{page}", status=303)
        assert "/confirm-password" in answer.location
