"""Access to the pages below `/admin`."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import User
from tests.functional.protected_pages import confirm, follow
from tests.functional.reading import status_of

HERE = {"Sec-Fetch-Site": "same-origin"}
ACTIONS = ("suspend", "reinstate", "end-sessions", "send-reset")
UNKNOWN_ID = "AAAAAAAAAAAAAAAA"


def places(ada_page):
    """Return paths of pages that exist and of pages that do not."""
    known = ["/admin", ada_page, f"{ada_page}/suspend"]
    return [*known, "/admin/users", f"/admin/users/{UNKNOWN_ID}", "/admin/nothing", "/admin/a/b/c"]


@pytest.mark.asvs("8.2.1", "8.4.2")
def test_admin_pages_send_visitors_to_sign_in(ada_page, new_browser):
    visitor = new_browser()
    for place in places(ada_page):
        answer = visitor.get(place, status=303)
        assert answer.location == f"http://localhost/sign-in?next={place.replace('/', '%2F')}"
    for action in ACTIONS:
        visitor.app.post(f"{ada_page}/{action}", headers=HERE, status=403)


@pytest.mark.asvs("8.2.1", "8.3.1", "16.3.2")
def test_user_gets_the_same_refusal_for_all_admin_pages(ada, ada_page, caplog):
    token = ada.get("/dashboard").forms[0]["csrf_token"].value
    pages = {ada.get(place, status=403).html.main.text for place in places(ada_page)}
    pages |= {
        ada.app.post(
            f"{page}/{action}", {"csrf_token": token}, headers=HERE, status=403
        ).html.main.text
        for page in (ada_page, f"/admin/users/{UNKNOWN_ID}")
        for action in ACTIONS
    }
    assert len(pages) == 1
    assert "You don't have access to this page" in pages.pop()
    refusals = {each.getMessage() for each in caplog.records if "authz" in each.getMessage()}
    (refusal,) = refusals
    assert refusal.startswith("authz_fail: user_id=")


@pytest.mark.asvs("8.3.2")
def test_revoked_administrator_loses_access_at_once(admin_browser, ada_page, dbsession):
    admin_browser.get(ada_page, status=200)
    dbsession.execute(sa.update(User).values(is_administrator=False))
    dbsession.commit()
    admin_browser.get(ada_page, status=403)
    assert "Administration" not in admin_browser.get("/dashboard").text


@pytest.mark.asvs("7.4.2")
def test_suspended_administrator_is_anonymous(admin_browser, ada_page, dbsession):
    dbsession.execute(sa.update(User).values(suspended_at=User.created_at))
    dbsession.commit()
    admin_browser.get(ada_page, status=303)


@pytest.mark.parametrize(
    "name", [UNKNOWN_ID, "x", "ada@example.com", "ADA@example.com", "%00", "..%2f"]
)
def test_account_is_found_by_id_only(desk, admin_browser, name):
    admin_browser.get(f"/admin/users/{name}", status=[400, 404])
    token = desk.open().forms[0]["csrf_token"].value
    post = {"params": {"csrf_token": token}, "headers": HERE, "status": [400, 404]}
    for action in ACTIONS:
        admin_browser.app.post(f"/admin/users/{name}/{action}", **post)


@pytest.mark.parametrize("action", ACTIONS)
def test_get_performs_no_action(admin_browser, ada_page, action, history_of):
    before = history_of()
    admin_browser.get(f"{ada_page}/{action}", status=200 if action == "suspend" else 405)
    done = [event.type for event in history_of()[len(before) :]]
    assert done == (["account_viewed"] if action == "suspend" else [])


@pytest.mark.asvs("3.5.1")
@pytest.mark.parametrize("action", ACTIONS)
def test_cross_site_form_performs_no_action(desk, admin_browser, ada_page, action, history_of):
    token = desk.open().forms[0]["csrf_token"].value
    before = len(history_of())
    fields = {"reason": "x", "csrf_token": token}
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    admin_browser.app.post(f"{ada_page}/{action}", fields, headers=elsewhere, status=403)
    admin_browser.app.post(
        f"{ada_page}/{action}", fields | {"csrf_token": "x"}, headers=HERE, status=403
    )
    assert len(history_of()) == before


@pytest.mark.asvs("7.5.3", "8.4.2")
def test_admin_pages_require_reauthentication(admin_browser, ada_page, let_time_pass):
    let_time_pass(timedelta(minutes=11))
    for place in ("/admin?q=ada", ada_page, f"{ada_page}/suspend"):
        prompt = admin_browser.get(place, status=303)
        assert "/confirm-password?next=" in prompt.location
    back = confirm(prompt.follow())
    assert back.location == f"http://localhost{ada_page}/suspend"


@pytest.mark.asvs("7.5.1", "7.5.3")
@pytest.mark.parametrize(
    ("words", "typed", "event_type"),
    [
        ("Suspend account", {"reason": "Too <many> mails."}, "suspended"),
        ("Sign out all sessions", {}, "session_ended"),
        ("Send reset link", {}, "email_queued"),
    ],
)
def test_form_is_resumed_after_reauthentication(desk, overdue, words, typed, event_type):
    page, recorded = overdue
    before = recorded().count(event_type)
    prompt = desk.press(words, page, **typed)
    assert prompt.status_int == 403
    assert recorded().count(event_type) == before
    done = follow(desk.browser, confirm(prompt))
    assert status_of(done.follow())
    assert recorded().count(event_type) > before


@pytest.fixture
def overdue(desk, let_time_pass, history_of):
    """The page of the account, opened eleven minutes ago, and a function for its event types."""
    page = desk.open()
    let_time_pass(timedelta(minutes=11))
    return page, lambda: [event.type for event in history_of()]
