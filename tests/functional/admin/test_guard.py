"""Everything below `/admin`: for whom it is there, and what all others learn of it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import User
from tests.functional.reading import status_of
from tests.functional.vault import confirm, follow

HERE = {"Sec-Fetch-Site": "same-origin"}
ACTS = ("suspend", "reinstate", "end-sessions", "send-reset")
NOBODY = "AAAAAAAAAAAAAAAA"


def places(ada_page):
    """Return addresses of all that there is, and of what there is not."""
    known = ["/admin", ada_page, f"{ada_page}/suspend"]
    return [*known, "/admin/users", f"/admin/users/{NOBODY}", "/admin/nothing", "/admin/a/b/c"]


@pytest.mark.asvs("8.2.1", "8.4.2")
def test_admin_pages_send_visitors_to_sign_in(ada_page, new_browser):
    stranger = new_browser()
    for place in places(ada_page):
        answer = stranger.get(place, status=303)
        assert answer.location == f"http://localhost/sign-in?next={place.replace('/', '%2F')}"
    for act in ACTS:
        stranger.app.post(f"{ada_page}/{act}", headers=HERE, status=403)


@pytest.mark.asvs("8.2.1", "8.3.1", "16.3.2")
def test_who_is_no_administrator_learns_nothing_of_what_is_there(ada, ada_page, caplog):
    token = ada.get("/dashboard").forms[0]["csrf_token"].value
    pages = {ada.get(place, status=403).html.main.text for place in places(ada_page)}
    pages |= {
        ada.app.post(
            f"{page}/{act}", {"csrf_token": token}, headers=HERE, status=403
        ).html.main.text
        for page in (ada_page, f"/admin/users/{NOBODY}")
        for act in ACTS
    }
    assert len(pages) == 1
    assert "You don't have access to this page" in pages.pop()
    refusals = {each.getMessage() for each in caplog.records if "authz" in each.getMessage()}
    (refusal,) = refusals
    assert refusal.startswith("authz_fail: user_id=")


@pytest.mark.asvs("8.3.2")
def test_who_is_an_administrator_no_more_is_none_at_once(boss, ada_page, dbsession):
    boss.get(ada_page, status=200)
    dbsession.execute(sa.update(User).values(is_administrator=False))
    dbsession.commit()
    boss.get(ada_page, status=403)
    assert "Administration" not in boss.get("/dashboard").text


@pytest.mark.asvs("7.4.2")
def test_suspended_administrator_is_anonymous(boss, ada_page, dbsession):
    dbsession.execute(sa.update(User).values(suspended_at=User.created_at))
    dbsession.commit()
    boss.get(ada_page, status=303)


@pytest.mark.parametrize(
    "name", [NOBODY, "x", "ada@example.com", "ADA@example.com", "%00", "..%2f"]
)
def test_an_account_is_found_by_its_id_alone(desk, boss, name):
    boss.get(f"/admin/users/{name}", status=[400, 404])
    token = desk.open().forms[0]["csrf_token"].value
    post = {"params": {"csrf_token": token}, "headers": HERE, "status": [400, 404]}
    for act in ACTS:
        boss.app.post(f"/admin/users/{name}/{act}", **post)


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_done_by_a_link(boss, ada_page, act, history_of):
    before = len(history_of())
    boss.get(f"{ada_page}/{act}", status=200 if act == "suspend" else 405)
    assert len(history_of()) == before


@pytest.mark.asvs("3.5.1")
@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_done_by_a_form_from_elsewhere(desk, boss, ada_page, act, history_of):
    token = desk.open().forms[0]["csrf_token"].value
    before = len(history_of())
    fields = {"reason": "x", "csrf_token": token}
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    boss.app.post(f"{ada_page}/{act}", fields, headers=elsewhere, status=403)
    boss.app.post(f"{ada_page}/{act}", fields | {"csrf_token": "x"}, headers=HERE, status=403)
    assert len(history_of()) == before


@pytest.mark.asvs("7.5.3", "8.4.2")
def test_every_page_asks_for_the_password_again(boss, ada_page, let_time_pass):
    let_time_pass(timedelta(minutes=11))
    for place in ("/admin?q=ada", ada_page, f"{ada_page}/suspend"):
        asked = boss.get(place, status=303)
        assert "/confirm-password?next=" in asked.location
    back = confirm(asked.follow())
    assert back.location == f"http://localhost{ada_page}/suspend"


@pytest.mark.asvs("7.5.1", "7.5.3")
@pytest.mark.parametrize(
    ("words", "typed", "kind"),
    [
        ("Suspend account", {"reason": "Too <many> mails."}, "suspended"),
        ("Sign out all sessions", {}, "session_ended"),
        ("Send reset link", {}, "email_queued"),
    ],
)
def test_a_form_goes_on_after_the_password(desk, overdue, words, typed, kind):
    page, kinds_of = overdue
    before = kinds_of().count(kind)
    asked = desk.press(words, page, **typed)
    assert asked.status_int == 403
    assert kinds_of().count(kind) == before
    done = follow(desk.browser, confirm(asked))
    assert status_of(done.follow())
    assert kinds_of().count(kind) > before


@pytest.fixture
def overdue(desk, let_time_pass, history_of):
    """The page of the account, opened a while ago, and what has happened to it since."""
    page = desk.open()
    let_time_pass(timedelta(minutes=11))
    return page, lambda: [event.type for event in history_of()]
