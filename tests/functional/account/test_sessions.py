"""`/account/sessions`: where somebody is signed in, and how that ends."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.events import EndReason
from authsite.accounts.sweep import SESSIONS, sweep
from authsite.clock import utc_now
from authsite.models import Event, UserSession
from tests.browsers import PASSWORD
from tests.functional.reading import (
    button_of,
    form_of,
    input_of,
    is_marked,
    rows_of,
    said_beside,
    status_of,
)
from tests.functional.recovery import NEW_PASSWORD, choose, reset_link
from tests.functional.vault import confirm, follow

HERE = {"Sec-Fetch-Site": "same-origin"}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.6 Mobile/15E148 Safari/604.1"
)
PAGE = "/account/sessions"


@pytest.fixture
def ada(new_browser):
    """Someone at her desk."""
    browser = new_browser(HTTP_USER_AGENT=FIREFOX)
    browser.sign_up()
    return browser


@pytest.fixture
def phone(ada, new_browser):
    """The same person's phone, on the road."""
    browser = new_browser(HTTP_USER_AGENT=SAFARI, REMOTE_ADDR="198.51.100.7")
    browser.sign_in()
    return browser


def path_of(browser):
    """Return where the page of this browser's session is."""
    return f"{PAGE}/{browser.cookie.partition('.')[0]}"


def parts_of(page):
    """Return what stands in each list of the page, by the heading above it."""
    parts = {}
    for heading in page.html.main("h2"):
        items = heading.find_next_siblings(["h2", "ul"])
        entries = items[0]("li") if items and items[0].name == "ul" else []
        parts[heading.get_text()] = [" ".join(each.get_text().split()) for each in entries]
    return parts


def ended_of(browser):
    """Return the sessions that the page says have ended."""
    return parts_of(browser.get(PAGE)).get("Ended in the last 30 days", [])


@pytest.mark.asvs("7.5.2")
def test_this_device_comes_first_and_the_others_below(ada, phone):
    parts = parts_of(ada.get("/account").click("Where you are signed in"))
    [here], [elsewhere] = parts["This device"], parts["Elsewhere"]
    assert here.startswith("Firefox on Windows 192.0.2.1 Signed in by signing up on")
    assert elsewhere.startswith("Safari on iOS 198.51.100.7 Signed in with the password on")
    assert "Last seen on" in elsewhere
    assert "UTC" in elsewhere
    [here] = parts_of(phone.get(PAGE))["This device"]
    assert here.startswith("Safari on iOS")


def test_who_is_signed_in_nowhere_else_is_told_so(ada):
    page = ada.get(PAGE)
    assert "nowhere else" in page.html.main.get_text()
    assert not page.html.main("button")
    assert "Ended" not in page.html.main.get_text()


def test_a_public_computer_is_called_one(ada, new_browser):
    library = new_browser()
    typed = {"email": "ada@example.com", "password": PASSWORD, "public_computer": True}
    library.submit(library.get("/sign-in"), typed)
    assert "public computer" in parts_of(ada.get(PAGE))["Elsewhere"][0]
    assert "on a public computer" in ada.get(path_of(library)).html.main.get_text()


def test_what_has_expired_is_not_there(ada, phone, let_time_pass):
    let_time_pass(timedelta(days=20))
    ada.get("/dashboard")
    let_time_pass(timedelta(days=20))
    assert "nowhere else" in ada.get(PAGE)
    ada.get(path_of(phone), status=404)


def test_very_many_are_not_all_listed(ada, dbsession):
    own = dbsession.execute(sa.select(UserSession.__table__)).mappings().one()
    for number in range(101):
        dbsession.execute(sa.insert(UserSession.__table__), {**own, "id": f"{number:016}"})
    dbsession.commit()
    page = ada.get(PAGE)
    assert len(parts_of(page)["Elsewhere"]) == 99
    assert "And 2 more" in page.html.main.get_text()


def test_a_session_gets_a_name_and_loses_it(ada, phone):
    page = ada.get(PAGE).click("Name or end")
    answer = ada.submit(page, {"session_name": "  my phone "})
    assert (answer.status_int, answer.location) == (303, f"http://localhost{PAGE}")
    page = answer.follow()
    assert status_of(page) == "The name was saved."
    assert parts_of(page)["Elsewhere"][0].startswith("my phone Safari on iOS · 198.51.100.7")
    page = ada.get(path_of(phone))
    assert page.html.h1.get_text() == "my phone"
    assert input_of(page, "session_name")["value"] == "my phone"
    ada.submit(page, {"session_name": "   "})
    assert parts_of(ada.get(PAGE))["Elsewhere"][0].startswith("Safari on iOS")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x" * 61, "Use at most 60 characters."),
        ("a\x00", "Leave out characters that cannot be seen."),
        ("a\u202eb", "Leave out characters that cannot be seen."),
        ("\u200d", "Leave out characters that cannot be seen."),
    ],
)
def test_a_name_that_cannot_be_is_explained(ada, site, name, message):
    before, page = rows_of(site), ada.get(path_of(ada))
    page = ada.submit(page, {"session_name": name})
    assert page.status_int == 422
    assert message in said_beside(page, "session_name")
    assert is_marked(page, "session_name")
    assert rows_of(site) == before


def test_a_name_as_long_as_it_may_be_is_taken(ada):
    ada.submit(ada.get(path_of(ada)), {"session_name": "\N{SNOWMAN}" * 60})
    assert "\N{SNOWMAN}" * 60 in ada.get(PAGE)


@pytest.mark.asvs("7.4.5", "7.5.2")
def test_one_session_can_be_ended_from_another(ada, phone):
    page = ada.get(PAGE).click("Name or end")
    answer = button_of(page, "End this session").submit(headers=HERE)
    assert (answer.status_int, answer.location) == (303, f"http://localhost{PAGE}")
    page = answer.follow()
    assert status_of(page) == "You are signed out there."
    assert "nowhere else" in page
    assert not phone.is_signed_in
    [ended] = parts_of(page)["Ended in the last 30 days"]
    assert ended.startswith("Safari on iOS 198.51.100.7")
    assert ended.endswith("ended from another session")


@pytest.mark.asvs("7.5.1", "7.5.2")
def test_to_end_one_the_password_is_asked_for_and_then_it_ends(ada, phone, let_time_pass):
    let_time_pass(timedelta(minutes=11))
    page = ada.get(path_of(phone))
    asked = button_of(page, "End this session").submit(headers=HERE, status=403)
    assert phone.is_signed_in
    assert follow(ada, confirm(asked)).location == f"http://localhost{PAGE}"
    assert not phone.is_signed_in


def test_what_was_ended_meanwhile_is_not_there(ada, phone):
    page = ada.get(path_of(phone))
    phone.sign_out()
    assert button_of(page, "End this session").submit(headers=HERE, status=404)
    assert ada.submit(page, {"session_name": "x"}).status_int == 404


def test_who_ends_their_own_session_signs_out(ada, phone):
    page = phone.get(path_of(phone))
    assert form_of(page).action == path_of(phone)
    fields = {"csrf_token": input_of(page, "csrf_token")["value"]}
    answer = phone.app.post(f"{path_of(phone)}/end", fields, headers=HERE)
    assert (answer.status_int, answer.location) == (303, "http://localhost/sign-in")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert status_of(answer.follow()) == "You are signed out."
    assert not phone.is_signed_in
    assert ended_of(ada)[0].endswith("signed out")


def test_the_button_there_signs_out_without_a_question(ada, phone, let_time_pass):
    let_time_pass(timedelta(minutes=11))
    answer = button_of_main(phone.get(path_of(phone)), "Sign out").submit(headers=HERE)
    assert answer.location == "http://localhost/sign-in"


def button_of_main(page, words):
    """Return the form of the button in the middle of the page."""
    [button] = [each for each in page.html.main("button") if each.get_text(strip=True) == words]
    return page.forms[page.html.find_all("form").index(button.find_parent("form"))]


@pytest.mark.asvs("7.4.5", "7.5.2")
def test_all_others_can_be_ended_at_once_and_without_a_question(
    ada, phone, new_browser, let_time_pass
):
    tablet = new_browser()
    tablet.sign_in()
    let_time_pass(timedelta(minutes=11))
    page = ada.get(PAGE)
    answer = button_of(page, "Sign out everywhere but here").submit(headers=HERE)
    page = answer.follow()
    assert status_of(page) == "You are signed out everywhere but here."
    assert [phone.is_signed_in, tablet.is_signed_in, ada.is_signed_in] == [False, False, True]
    assert len(ended_of(ada)) == 2


@pytest.mark.asvs("8.2.2")
def test_no_one_can_name_the_session_of_another(ada, new_browser, site):
    eve = new_browser()
    eve.sign_up(email="eve@example.com")
    token = input_of(eve.get("/sign-out"), "csrf_token")["value"]
    fields = {"csrf_token": token, "session_name": "Eve's"}
    before = rows_of(site)
    eve.get(path_of(ada), status=404)
    for path in (path_of(ada), f"{path_of(ada)}/end"):
        eve.app.post(path, fields, headers=HERE, status=404)
    eve.app.post(f"{PAGE}/end-others", fields, headers=HERE, status=303)
    assert rows_of(site) == before
    assert ada.is_signed_in


@pytest.mark.asvs("8.2.2")
def test_a_session_that_ended_or_never_was_is_not_there(ada, phone):
    path = path_of(phone)
    phone.sign_out()
    never = ("A" * 16, "x", "%00", "A" * 17, "A" * 15 + "%0A")
    for each in (path, *(f"{PAGE}/{name}" for name in never)):
        ada.get(each, status=404)
    ada.get(f"{PAGE}/end-others", status=405)


@pytest.mark.asvs("3.5.1")
def test_a_form_without_its_token_ends_and_names_nothing(ada, phone, site):
    before = rows_of(site)
    for path in (path_of(phone), f"{path_of(phone)}/end", f"{PAGE}/end-others"):
        answer = ada.app.post(path, {"session_name": "x"}, headers=HERE, status=403)
        assert "out of date" in answer.html.h1.get_text()
    assert rows_of(site) == before


@pytest.mark.asvs("8.2.1")
def test_a_stranger_learns_nothing_of_sessions(ada, browser):
    for path in (PAGE, path_of(ada), f"{PAGE}/{'A' * 16}"):
        assert browser.get(path).location.startswith("http://localhost/sign-in?next=%2Faccount")
    token = input_of(browser.get("/sign-in"), "csrf_token")["value"]
    for path in (path_of(ada), f"{path_of(ada)}/end", f"{PAGE}/{'A' * 16}/end"):
        answer = browser.app.post(path, {"csrf_token": token}, headers=HERE, status=403)
        assert "not signed in" in answer.html.h1.get_text()


@pytest.mark.asvs("14.2.6")
def test_no_secret_is_on_the_pages(ada, phone, dbsession):
    digests = dbsession.scalars(sa.select(UserSession.secret_digest)).all()
    for path in (PAGE, path_of(phone)):
        page = ada.get(path)
        for browser in (ada, phone):
            assert browser.cookie.partition(".")[2] not in page
        assert not [digest for digest in digests if digest.hex() in page]


def signed_out(ada, phone, **_kw):
    """Press the button."""
    phone.sign_out()


def replaced(ada, phone, *, new_browser, mailbox, **_kw):
    """Follow somebody else's link with the phone, and sign in to their account."""
    grace = "grace@example.org"
    new_browser().sign_up(email=grace)
    link = mailbox.latest("verify_email", grace).path_to("verify-email")
    phone.submit(phone.get(link), {"password": PASSWORD})


def expired(ada, phone, *, let_time_pass, site, **_kw):
    """Let the time of the phone's session pass, and sweep."""
    let_time_pass(timedelta(days=20))
    ada.get("/dashboard")
    let_time_pass(timedelta(days=20))
    list(sweep(site.database.writing, SESSIONS, now=utc_now()))


def password_changed(ada, phone, **_kw):
    """Choose another one."""
    typed = {"current_password": PASSWORD, "password": NEW_PASSWORD}
    page = ada.get("/account/password")
    ada.submit(page, typed | {"confirm_password": NEW_PASSWORD})


def password_reset(ada, phone, *, new_browser, mailbox, **_kw):
    """Lose the password, and choose another by a link."""
    browser = new_browser()
    choose(browser, reset_link(browser, mailbox))
    ada.sign_in(password=NEW_PASSWORD)


def disavowed(ada, phone, *, new_browser, mailbox, **_kw):
    """Say that the sign-in with the phone was somebody else."""
    browser = new_browser()
    link = mailbox.latest("new_sign_in").path_to("not-me")
    chosen_by = browser.submit(browser.get(link), {}).location
    choose(browser, chosen_by.removeprefix("http://localhost"))
    ada.sign_in(password=NEW_PASSWORD)


def closed(ada, phone, **_kw):
    """Close the account, and keep it after all."""
    ada.submit(ada.get("/account/close"), {"password": PASSWORD})
    ada.submit(ada.sign_in().follow(), {})


@pytest.fixture
def means(new_browser, mailbox, let_time_pass, site):
    """What it takes to end a session in one way or another."""
    return {
        "new_browser": new_browser,
        "mailbox": mailbox,
        "let_time_pass": let_time_pass,
        "site": site,
    }


WAYS = {
    EndReason.SIGNED_OUT: signed_out,
    EndReason.REPLACED: replaced,
    EndReason.EXPIRED: expired,
    EndReason.PASSWORD_CHANGED: password_changed,
    EndReason.PASSWORD_RESET: password_reset,
    EndReason.DISAVOWED: disavowed,
    EndReason.CLOSED: closed,
}


@pytest.mark.parametrize("reason", WAYS, ids=lambda reason: reason.key)
def test_how_a_session_ended_is_told_in_words(ada, phone, reason, means):
    ada.submit(ada.get(path_of(phone)), {"session_name": "my phone"})
    WAYS[reason](ada, phone, **means)
    [ended] = [each for each in ended_of(ada) if each.startswith("my phone")]
    assert ended.startswith("my phone Safari on iOS · 198.51.100.7")
    assert ended.endswith(reason.value)


def test_what_ended_long_ago_is_not_told(ada, phone, let_time_pass):
    phone.sign_out()
    let_time_pass(timedelta(days=29))
    assert len(ended_of(ada)) == 1
    ada.get("/dashboard")
    let_time_pass(timedelta(days=2))
    assert ended_of(ada) == []


def test_the_history_of_others_is_not_told(ada, new_browser):
    eve = new_browser()
    eve.sign_up(email="eve@example.com")
    eve.sign_out()
    assert ended_of(ada) == []


def test_of_very_many_the_last_fifty_are_told(ada, phone, dbsession):
    phone.sign_out()
    kind = Event.kind == "session_ended"
    own = dbsession.execute(sa.select(Event.__table__).where(kind)).mappings().one()
    for number in range(60):
        moved = {"id": f"{number:016}", "at": own["at"] - timedelta(hours=number)}
        dbsession.execute(sa.insert(Event.__table__), {**own, **moved})
    dbsession.commit()
    assert len(ended_of(ada)) == 50
