"""`/admin`: who is found there, and by whom."""

import pytest

from authsite.views.admin.search import PAGE
from tests.factories import NOW, a_user
from tests.functional.reading import alert_of, said_beside


def found(page):
    """Return the names that are listed."""
    listed = page.html.main.find(class_="entries")
    return [each.a.get_text(strip=True) for each in listed("li")] if listed else []


@pytest.fixture
def people(dbsession):
    """One in each state."""
    proven = {"email_verified_at": NOW}
    a_user(dbsession, email="brian@example.com", first_name="Brian", suspended_at=NOW, **proven)
    a_user(dbsession, email="clara@example.com", first_name="Clara", delete_after=NOW)
    a_user(dbsession, email="dora@example.com", first_name="Dora", **proven)
    dbsession.rollback()


def search(browser, text, **kwargs):
    """Type something into the form of the page, and send it."""
    page = browser.get("/admin")
    form = page.forms[page.html.find_all("form").index(page.html.main.form)]
    form["q"] = text
    return form.submit(**kwargs)


def test_search_lists_matches_only(boss, people):
    page = boss.get("/admin")
    assert found(page) == []
    assert "example.com" not in page.html.main.text
    assert found(search(boss, " ")) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("bri", ["Brian Hopper"]),
        ("CLARA@example.com", ["Clara Hopper"]),
        ("hopper", ["Grace Hopper", "Brian Hopper", "Clara Hopper", "Dora Hopper"]),
        ("unknown", []),
    ],
)
def test_people_are_found_by_name_or_address(boss, people, text, names):
    page = search(boss, text)
    assert page.request.path_qs.startswith("/admin?q=")
    assert sorted(found(page)) == sorted(names)
    assert ("No accounts found." in page.text) == (not names)


def test_people_are_found_by_id_and_their_page_opens(boss, ada, id_of):
    page = search(boss, id_of())
    assert found(page) == ["Ada Lovelace"]
    assert page.click("Ada Lovelace").html.h1.text == "Ada Lovelace"


def test_it_is_said_what_is_unusual_about_an_account(boss, people):
    items = search(boss, "hopper").html.main.find_all("li")
    said = {each.a.text: each.find(class_="hint") for each in items}
    words = {name: hint.get_text(strip=True) if hint else "" for name, hint in said.items()}
    assert words == {
        "Grace Hopper": "administrator",
        "Brian Hopper": "suspended",
        "Clara Hopper": "pending deletion, unverified",
        "Dora Hopper": "",
    }


def test_many_are_listed_by_pages(boss, dbsession):
    for number in range(2 * PAGE):
        a_user(dbsession, email=f"p{number:03}@example.com", first_name=f"P{number:03}")
    first = search(boss, "p")
    second = first.click("Next")
    assert "Next" not in second.text
    names = [f"P{number:03} Hopper" for number in range(2 * PAGE)]
    assert (found(first), found(second)) == (names[:PAGE], names[PAGE:])


@pytest.mark.parametrize("after", ["x", "", "%00", "x" * 17])
def test_a_page_that_cannot_be_is_none(boss, after):
    boss.get(f"/admin?q=a&after={after}", status=404)


@pytest.mark.parametrize("text", ["a\x00b", "x" * 255, "\N{RIGHT-TO-LEFT OVERRIDE}"])
def test_what_no_name_can_be_is_a_mistake(boss, people, text):
    page = search(boss, text, status=422)
    assert "There is a problem" in alert_of(page)
    assert said_beside(page, "q")
    assert found(page) == []


@pytest.mark.asvs("1.2.1")
def test_what_was_typed_is_shown_as_text(boss):
    page = search(boss, "<b>x")
    assert page.html.main.find("input", attrs={"name": "q"})["value"] == "<b>x"
    assert not page.html.main.find("b")


def test_administrators_are_led_there_and_others_are_not(boss, ada):
    assert boss.get("/dashboard").click("Administration").request.path == "/admin"
    assert "Administration" not in ada.get("/dashboard").text
    assert "Administration" not in boss.get("/").html.main.text
