"""`/account/sessions`: the sessions of a user, with names and buttons to end them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import UserSession
from tests.browsers import PASSWORD
from tests.functional.protected_pages import confirm, follow
from tests.functional.reading import (
    button_of,
    description_of,
    form_of,
    input_of,
    is_marked,
    rows_of,
    status_of,
)
from tests.functional.sessions_page import (
    PAGE,
    at_a_desk,
    ended_of,
    on_the_road,
    parts_of,
    path_of,
)

HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def ada(new_browser):
    """The browser of a user who has signed up on a desktop computer."""
    return at_a_desk(new_browser)


@pytest.fixture
def phone(ada, new_browser):
    """The same user's phone."""
    return on_the_road(new_browser)


@pytest.mark.asvs("7.5.2")
def test_this_device_is_listed_before_other_sessions(ada, phone):
    parts = parts_of(ada.get("/account").click("Sessions"))
    [here], [elsewhere] = parts["This device"], parts["Other sessions"]
    assert here.startswith("Firefox on Windows 192.0.2.1 Signed in by signing up on")
    assert elsewhere.startswith("Safari on iOS 198.51.100.7 Signed in with a password on")
    assert "Last seen on" in elsewhere
    assert "UTC" in elsewhere
    [here] = parts_of(phone.get(PAGE))["This device"]
    assert here.startswith("Safari on iOS")


def test_single_session_shows_no_other_sessions(ada):
    page = ada.get(PAGE)
    assert "No other sessions" in page.html.main.get_text()
    assert not page.html.main("button")
    assert "Ended" not in page.html.main.get_text()


def test_public_computer_is_labelled(ada, new_browser):
    library = new_browser()
    typed = {"email": "ada@example.com", "password": PASSWORD, "public_computer": True}
    library.submit(library.get("/sign-in"), typed)
    assert "public computer" in parts_of(ada.get(PAGE))["Other sessions"][0]
    assert "on a public computer" in ada.get(path_of(library)).html.main.get_text()


def test_expired_session_is_not_listed(ada, phone, let_time_pass):
    let_time_pass(timedelta(days=20))
    ada.get("/dashboard")
    let_time_pass(timedelta(days=20))
    assert "No other sessions" in ada.get(PAGE)
    ada.get(path_of(phone), status=404)


def test_session_list_is_limited(ada, dbsession):
    own = dbsession.execute(sa.select(UserSession.__table__)).mappings().one()
    for number in range(101):
        dbsession.execute(sa.insert(UserSession.__table__), {**own, "id": f"{number:016}"})
    dbsession.commit()
    page = ada.get(PAGE)
    assert len(parts_of(page)["Other sessions"]) == 99
    assert "And 2 older sessions" in page.html.main.get_text()


def test_session_name_is_saved_and_removed(ada, phone):
    page = ada.get(PAGE).click("Rename or sign out")
    answer = ada.submit(page, {"session_name": "  my phone "})
    assert (answer.status_int, answer.location) == (303, f"http://localhost{PAGE}")
    page = answer.follow()
    assert status_of(page) == "Session name saved."
    assert parts_of(page)["Other sessions"][0].startswith("my phone Safari on iOS · 198.51.100.7")
    page = ada.get(path_of(phone))
    assert page.html.h1.get_text() == "my phone"
    assert input_of(page, "session_name")["value"] == "my phone"
    ada.submit(page, {"session_name": "   "})
    assert parts_of(ada.get(PAGE))["Other sessions"][0].startswith("Safari on iOS")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x" * 61, "Use at most 60 characters."),
        ("a\x00", "Remove the control character after “a”."),
        ("a\u202eb", "Remove the invisible character (right-to-left override) after “a”."),
        ("\u200d", "Use at least one visible character."),
    ],
)
def test_invalid_session_name_is_explained(ada, services, name, message):
    before, page = rows_of(services), ada.get(path_of(ada))
    page = ada.submit(page, {"session_name": name})
    assert page.status_int == 422
    assert message in description_of(page, "session_name")
    assert is_marked(page, "session_name")
    assert rows_of(services) == before


def test_longest_session_name_is_saved(ada):
    ada.submit(ada.get(path_of(ada)), {"session_name": "\N{SNOWMAN}" * 60})
    assert "\N{SNOWMAN}" * 60 in ada.get(PAGE)


@pytest.mark.asvs("7.4.5", "7.5.2")
def test_session_is_ended_from_another(ada, phone):
    page = ada.get(PAGE).click("Rename or sign out")
    answer = button_of(page, "Sign out this session").submit(headers=HERE)
    assert (answer.status_int, answer.location) == (303, f"http://localhost{PAGE}")
    page = answer.follow()
    assert status_of(page) == "Session signed out."
    assert "No other sessions" in page
    assert not phone.is_signed_in
    [ended] = parts_of(page)["Ended in the last 30 days"]
    assert ended.startswith("Safari on iOS 198.51.100.7")
    assert ended.endswith("signed out from another session")


@pytest.mark.asvs("7.5.1", "7.5.2")
def test_ending_a_session_requires_reauthentication(ada, phone, let_time_pass):
    let_time_pass(timedelta(minutes=11))
    page = ada.get(path_of(phone))
    prompt = button_of(page, "Sign out this session").submit(headers=HERE, status=403)
    assert phone.is_signed_in
    assert follow(ada, confirm(prompt)).location == f"http://localhost{PAGE}"
    assert not phone.is_signed_in


def test_session_ended_meanwhile_is_not_found(ada, phone):
    page = ada.get(path_of(phone))
    phone.sign_out()
    assert button_of(page, "Sign out this session").submit(headers=HERE, status=404)
    assert ada.submit(page, {"session_name": "x"}).status_int == 404


def test_ending_the_current_session_signs_out(ada, phone):
    page = phone.get(path_of(phone))
    assert form_of(page).action == path_of(phone)
    fields = {"csrf_token": input_of(page, "csrf_token")["value"]}
    answer = phone.app.post(f"{path_of(phone)}/end", fields, headers=HERE)
    assert (answer.status_int, answer.location) == (303, "http://localhost/sign-in")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert status_of(answer.follow()) == "You're signed out."
    assert not phone.is_signed_in
    assert ended_of(ada)[0].endswith("signed out")


def test_own_session_page_signs_out_without_password(ada, phone, let_time_pass):
    let_time_pass(timedelta(minutes=11))
    answer = button_of_main(phone.get(path_of(phone)), "Sign out").submit(headers=HERE)
    assert answer.location == "http://localhost/sign-in"


def button_of_main(page, words):
    """Return the form around a button of the main content."""
    [button] = [each for each in page.html.main("button") if each.get_text(strip=True) == words]
    return page.forms[page.html.find_all("form").index(button.find_parent("form"))]


@pytest.mark.asvs("7.4.5", "7.5.2")
def test_other_sessions_end_without_a_password_prompt(ada, phone, new_browser, let_time_pass):
    tablet = new_browser()
    tablet.sign_in()
    let_time_pass(timedelta(minutes=11))
    page = ada.get(PAGE)
    answer = button_of(page, "Sign out all other sessions").submit(headers=HERE)
    page = answer.follow()
    assert status_of(page) == "All other sessions signed out."
    assert [phone.is_signed_in, tablet.is_signed_in, ada.is_signed_in] == [False, False, True]
    assert len(ended_of(ada)) == 2


@pytest.mark.asvs("8.2.2")
def test_sessions_of_other_users_are_not_found(ada, new_browser, services):
    eve = new_browser()
    eve.sign_up(email="eve@example.com")
    token = input_of(eve.get("/sign-out"), "csrf_token")["value"]
    fields = {"csrf_token": token, "session_name": "Eve's"}
    before = rows_of(services)
    eve.get(path_of(ada), status=404)
    for path in (path_of(ada), f"{path_of(ada)}/end"):
        eve.app.post(path, fields, headers=HERE, status=404)
    eve.app.post(f"{PAGE}/end-others", fields, headers=HERE, status=303)
    assert rows_of(services) == before
    assert ada.is_signed_in


@pytest.mark.asvs("8.2.2")
def test_ended_or_unknown_session_is_not_found(ada, phone):
    path = path_of(phone)
    phone.sign_out()
    never = ("A" * 16, "x", "%00", "A" * 17, "A" * 15 + "%0A")
    for each in (path, *(f"{PAGE}/{name}" for name in never)):
        ada.get(each, status=404)
    ada.get(f"{PAGE}/end-others", status=405)


@pytest.mark.asvs("3.5.1")
def test_forms_without_csrf_token_change_nothing(ada, phone, services):
    before = rows_of(services)
    for path in (path_of(phone), f"{path_of(phone)}/end", f"{PAGE}/end-others"):
        answer = ada.app.post(path, {"session_name": "x"}, headers=HERE, status=403)
        assert "has expired" in answer.html.h1.get_text()
    assert rows_of(services) == before


@pytest.mark.asvs("8.2.1")
def test_session_pages_reveal_nothing_to_visitors(ada, browser):
    for path in (PAGE, path_of(ada), f"{PAGE}/{'A' * 16}"):
        assert browser.get(path).location.startswith("http://localhost/sign-in?next=%2Faccount")
    token = input_of(browser.get("/sign-in"), "csrf_token")["value"]
    for path in (path_of(ada), f"{path_of(ada)}/end", f"{PAGE}/{'A' * 16}/end"):
        answer = browser.app.post(path, {"csrf_token": token}, headers=HERE, status=403)
        assert "not signed in" in answer.html.h1.get_text()


@pytest.mark.asvs("14.2.6")
def test_session_pages_show_no_secrets(ada, phone, dbsession):
    digests = dbsession.scalars(sa.select(UserSession.secret_digest)).all()
    for path in (PAGE, path_of(phone)):
        page = ada.get(path)
        for browser in (ada, phone):
            assert browser.cookie.partition(".")[2] not in page
        assert not [digest for digest in digests if digest.hex() in page]
