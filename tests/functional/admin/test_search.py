"""`/admin`: the search for accounts."""

import pytest

from authsite.views.admin.search import PAGE
from tests.factories import NOW, a_user
from tests.functional.reading import alert_of, description_of


def found(page):
    """Return the listed names."""
    listed = page.html.main.find(class_="entries")
    return [each.a.get_text(strip=True) for each in listed("li")] if listed else []


@pytest.fixture
def users(dbsession):
    """Add one user in each state."""
    verified = {"email_verified_at": NOW}
    a_user(dbsession, email="brian@example.com", first_name="Brian", suspended_at=NOW, **verified)
    a_user(dbsession, email="clara@example.com", first_name="Clara", delete_after=NOW)
    a_user(dbsession, email="dora@example.com", first_name="Dora", **verified)
    dbsession.rollback()


def search(browser, text, **kwargs):
    """Send the search form."""
    page = browser.get("/admin")
    form = page.forms[page.html.find_all("form").index(page.html.main.form)]
    form["q"] = text
    return form.submit(**kwargs)


def test_search_lists_matches_only(admin_browser, users):
    page = admin_browser.get("/admin")
    assert found(page) == []
    assert "example.com" not in page.html.main.text
    assert found(search(admin_browser, " ")) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("bri", ["Brian Hopper"]),
        ("ria", ["Brian Hopper"]),
        ("hop ria", ["Brian Hopper"]),
        ("r%n", []),
        ("CLARA@example.com", ["Clara Hopper"]),
        ("hopper", ["Grace Hopper", "Brian Hopper", "Clara Hopper", "Dora Hopper"]),
        ("unknown", []),
    ],
)
def test_search_finds_users_by_name_or_email(admin_browser, users, text, names):
    page = search(admin_browser, text)
    assert page.request.path_qs.startswith("/admin?q=")
    assert sorted(found(page)) == sorted(names)
    assert ("No accounts found." in page.text) == (not names)


def test_search_finds_users_by_id(admin_browser, ada, id_of):
    page = search(admin_browser, id_of())
    assert found(page) == ["Ada Lovelace"]
    assert page.click("Ada Lovelace").html.h1.text == "Ada Lovelace"


def test_search_labels_unusual_accounts(admin_browser, users):
    items = search(admin_browser, "hopper").html.main.find_all("li")
    hints = {each.a.text: each.find(class_="hint") for each in items}
    labels = {name: hint.get_text(strip=True) if hint else "" for name, hint in hints.items()}
    assert labels == {
        "Grace Hopper": "administrator",
        "Brian Hopper": "suspended",
        "Clara Hopper": "pending deletion, unverified",
        "Dora Hopper": "",
    }


def test_search_results_are_paged(admin_browser, dbsession):
    for number in range(2 * PAGE):
        a_user(dbsession, email=f"p{number:03}@example.com", first_name=f"P{number:03}")
    first = search(admin_browser, "p")
    second = first.click("Next")
    assert "Next" not in second.text
    names = [f"P{number:03} Hopper" for number in range(2 * PAGE)]
    assert len(found(first)) == len(found(second)) == PAGE
    assert sorted(found(first) + found(second)) == names
    assert all(found(page) == sorted(found(page)) for page in (first, second))


def test_search_finds_users_by_network(admin_browser, new_browser):
    for number in range(2):
        visitor = new_browser(REMOTE_ADDR=f"198.51.100.{number + 7}")
        visitor.sign_up(first_name=f"P{number}", email=f"p{number}@example.com")
    [item] = search(admin_browser, "198.51.100.7").html.main.find(class_="entries")("li")
    assert [each.get_text(strip=True) for each in item("p")][:3] == [
        "P0 Lovelace",
        "p0@example.com",
        "198.51.100.7",
    ]
    assert found(search(admin_browser, "198.51.100.0/24")) == ["P0 Lovelace", "P1 Lovelace"]
    assert found(search(admin_browser, "198.51.101.0/24")) == []


def test_search_refuses_a_network_within_a_group(admin_browser):
    page = search(admin_browser, "198.51.100.0/25", status=422)
    assert "End the network with /8, /16 or /24" in description_of(page, "q")


@pytest.mark.parametrize("after", ["x", "", "%00", "x" * 17])
def test_malformed_page_is_not_found(admin_browser, after):
    admin_browser.get(f"/admin?q=a&after={after}", status=404)


@pytest.mark.parametrize("text", ["a\x00b", "x" * 255, "x" * 5000, "\N{RIGHT-TO-LEFT OVERRIDE}"])
def test_unreadable_query_is_refused(admin_browser, users, text):
    page = search(admin_browser, text, status=422)
    assert "There is a problem" in alert_of(page)
    assert description_of(page, "q")
    assert found(page) == []


@pytest.mark.asvs("1.2.1")
def test_search_escapes_the_query(admin_browser):
    page = search(admin_browser, "<b>x")
    assert page.html.main.find("input", attrs={"name": "q"})["value"] == "<b>x"
    assert not page.html.main.find("b")


def test_only_administrators_see_the_admin_link(admin_browser, ada):
    assert admin_browser.get("/dashboard").click("Administration").request.path == "/admin"
    assert "Administration" not in ada.get("/dashboard").text
    assert "Administration" not in admin_browser.get("/").html.main.text
