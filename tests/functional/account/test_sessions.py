"""`/account/sessions`: where somebody is signed in, and how that ends."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import UserSession
from tests.browsers import PASSWORD
from tests.functional.own_sessions import (
    PAGE,
    at_a_desk,
    ended_of,
    on_the_road,
    parts_of,
    path_of,
)
from tests.functional.reading import (
    button_of,
    form_of,
    input_of,
    is_marked,
    rows_of,
    said_beside,
    status_of,
)
from tests.functional.vault import confirm, follow

HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def ada(new_browser):
    """Someone at her desk."""
    return at_a_desk(new_browser)


@pytest.fixture
def phone(ada, new_browser):
    """The same person's phone, on the road."""
    return on_the_road(new_browser)


@pytest.mark.asvs("7.5.2")
def test_this_device_comes_first_and_the_others_below(ada, phone):
    parts = parts_of(ada.get("/account").click("Sessions"))
    [here], [elsewhere] = parts["This device"], parts["Other sessions"]
    assert here.startswith("Firefox on Windows 192.0.2.1 Signed in by signing up on")
    assert elsewhere.startswith("Safari on iOS 198.51.100.7 Signed in with a password on")
    assert "Last seen on" in elsewhere
    assert "UTC" in elsewhere
    [here] = parts_of(phone.get(PAGE))["This device"]
    assert here.startswith("Safari on iOS")


def test_who_is_signed_in_nowhere_else_is_told_so(ada):
    page = ada.get(PAGE)
    assert "No other sessions" in page.html.main.get_text()
    assert not page.html.main("button")
    assert "Ended" not in page.html.main.get_text()


def test_a_public_computer_is_called_one(ada, new_browser):
    library = new_browser()
    typed = {"email": "ada@example.com", "password": PASSWORD, "public_computer": True}
    library.submit(library.get("/sign-in"), typed)
    assert "public computer" in parts_of(ada.get(PAGE))["Other sessions"][0]
    assert "on a public computer" in ada.get(path_of(library)).html.main.get_text()


def test_what_has_expired_is_not_there(ada, phone, let_time_pass):
    let_time_pass(timedelta(days=20))
    ada.get("/dashboard")
    let_time_pass(timedelta(days=20))
    assert "No other sessions" in ada.get(PAGE)
    ada.get(path_of(phone), status=404)


def test_very_many_are_not_all_listed(ada, dbsession):
    own = dbsession.execute(sa.select(UserSession.__table__)).mappings().one()
    for number in range(101):
        dbsession.execute(sa.insert(UserSession.__table__), {**own, "id": f"{number:016}"})
    dbsession.commit()
    page = ada.get(PAGE)
    assert len(parts_of(page)["Other sessions"]) == 99
    assert "And 2 older sessions" in page.html.main.get_text()


def test_a_session_gets_a_name_and_loses_it(ada, phone):
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
        ("a\x00", "Remove invisible characters."),
        ("a\u202eb", "Remove invisible characters."),
        ("\u200d", "Remove invisible characters."),
    ],
)
def test_a_name_that_cannot_be_is_explained(ada, services, name, message):
    before, page = rows_of(services), ada.get(path_of(ada))
    page = ada.submit(page, {"session_name": name})
    assert page.status_int == 422
    assert message in said_beside(page, "session_name")
    assert is_marked(page, "session_name")
    assert rows_of(services) == before


def test_a_name_as_long_as_it_may_be_is_taken(ada):
    ada.submit(ada.get(path_of(ada)), {"session_name": "\N{SNOWMAN}" * 60})
    assert "\N{SNOWMAN}" * 60 in ada.get(PAGE)


@pytest.mark.asvs("7.4.5", "7.5.2")
def test_one_session_can_be_ended_from_another(ada, phone):
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
def test_to_end_one_the_password_is_asked_for_and_then_it_ends(ada, phone, let_time_pass):
    let_time_pass(timedelta(minutes=11))
    page = ada.get(path_of(phone))
    asked = button_of(page, "Sign out this session").submit(headers=HERE, status=403)
    assert phone.is_signed_in
    assert follow(ada, confirm(asked)).location == f"http://localhost{PAGE}"
    assert not phone.is_signed_in


def test_what_was_ended_meanwhile_is_not_there(ada, phone):
    page = ada.get(path_of(phone))
    phone.sign_out()
    assert button_of(page, "Sign out this session").submit(headers=HERE, status=404)
    assert ada.submit(page, {"session_name": "x"}).status_int == 404


def test_who_ends_their_own_session_signs_out(ada, phone):
    page = phone.get(path_of(phone))
    assert form_of(page).action == path_of(phone)
    fields = {"csrf_token": input_of(page, "csrf_token")["value"]}
    answer = phone.app.post(f"{path_of(phone)}/end", fields, headers=HERE)
    assert (answer.status_int, answer.location) == (303, "http://localhost/sign-in")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert status_of(answer.follow()) == "You're signed out."
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
    answer = button_of(page, "Sign out all other sessions").submit(headers=HERE)
    page = answer.follow()
    assert status_of(page) == "All other sessions signed out."
    assert [phone.is_signed_in, tablet.is_signed_in, ada.is_signed_in] == [False, False, True]
    assert len(ended_of(ada)) == 2


@pytest.mark.asvs("8.2.2")
def test_no_one_can_name_the_session_of_another(ada, new_browser, services):
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
def test_a_session_that_ended_or_never_was_is_not_there(ada, phone):
    path = path_of(phone)
    phone.sign_out()
    never = ("A" * 16, "x", "%00", "A" * 17, "A" * 15 + "%0A")
    for each in (path, *(f"{PAGE}/{name}" for name in never)):
        ada.get(each, status=404)
    ada.get(f"{PAGE}/end-others", status=405)


@pytest.mark.asvs("3.5.1")
def test_a_form_without_its_token_ends_and_names_nothing(ada, phone, services):
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
def test_no_secret_is_on_the_pages(ada, phone, dbsession):
    digests = dbsession.scalars(sa.select(UserSession.secret_digest)).all()
    for path in (PAGE, path_of(phone)):
        page = ada.get(path)
        for browser in (ada, phone):
            assert browser.cookie.partition(".")[2] not in page
        assert not [digest for digest in digests if digest.hex() in page]
