"""`/account`: the profile, with the names to edit."""

import pytest
import sqlalchemy as sa

from authsite.models import User, UserSession
from tests.functional.reading import (
    description_of,
    form_of,
    input_of,
    is_marked,
    rows_of,
    status_of,
)


@pytest.fixture
def ada(browser):
    """The browser of a signed-in user."""
    browser.sign_up()
    return browser


def test_profile_shows_email_names_and_creation_date(ada, dbsession):
    page = ada.get("/account")
    user = dbsession.scalars(sa.select(User)).one()
    assert "ada@example.com" in page.html.main.get_text()
    assert input_of(page, "first_name")["value"] == "Ada"
    assert input_of(page, "last_name")["value"] == "Lovelace"
    assert page.html.main.time["datetime"].startswith(user.created_at.date().isoformat())
    assert user.password_hash not in page


@pytest.mark.asvs("14.2.6", "15.3.1")
def test_pages_show_no_internal_data(ada, dbsession):
    user = dbsession.scalars(sa.select(User)).one()
    session = dbsession.scalars(sa.select(UserSession)).one()
    unseen = [user.id, user.password_hash, session.id, session.secret_digest.hex()]
    unseen += [session.user_agent, session.ip_address]
    for path in ("/", "/dashboard", "/account", "/sign-out"):
        page = ada.get(path, status=200)
        assert not [value for value in unseen if value in page], path


def test_changed_names_are_saved_and_shown(ada):
    answer = ada.submit(ada.get("/account"), {"first_name": " Augusta ", "last_name": "King"})
    assert (answer.status_int, answer.location) == (303, "http://localhost/account")
    page = answer.follow()
    assert status_of(page) == "Name saved."
    assert input_of(page, "first_name")["value"] == "Augusta"
    assert "Augusta King" in page.html.nav.get_text()
    assert status_of(ada.get("/account")) is None


@pytest.mark.parametrize("field", ["first_name", "last_name"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "Enter your"),
        ("   ", "Enter your"),
        ("x" * 101, "Use at most 100 characters."),
        ("a\x00", "Remove the control character after “a”."),
        ("a\ufffd", "Remove the unreadable character after “a”."),
    ],
)
@pytest.mark.one_database
def test_invalid_name_is_explained_and_changes_nothing(ada, services, field, value, message):
    before = rows_of(services)
    page = ada.submit(ada.get("/account"), {"first_name": "Kept", field: value})
    assert page.status_int == 422
    assert message in description_of(page, field)
    assert is_marked(page, field)
    if field != "first_name":
        assert input_of(page, "first_name")["value"] == "Kept"
    assert "Ada Lovelace" in page.html.nav.get_text()
    assert rows_of(services) == before


@pytest.mark.asvs("8.2.2", "8.2.3", "15.3.3")
def test_form_changes_only_the_users_own_names(ada, new_browser, dbsession):
    eve = new_browser()
    eve.sign_up(first_name="Eve", email="eve@example.com")
    ids = dict(map(tuple, dbsession.execute(sa.select(User.email_normalized, User.id))))
    page = eve.get("/account")
    form = form_of(page)
    fields = dict(form.submit_fields()) | {
        "first_name": "Mallory",
        "id": ids["ada@example.com"],
        "user_id": ids["ada@example.com"],
        "email": "mallory@example.com",
        "email_normalized": "mallory@example.com",
    }
    eve.app.post("/account", fields, headers={"Sec-Fetch-Site": "same-origin"}, status=303)
    dbsession.commit()
    rows = dbsession.execute(sa.select(User.id, User.first_name, User.email))
    assert set(map(tuple, rows)) == {
        (ids["ada@example.com"], "Ada", "ada@example.com"),
        (ids["eve@example.com"], "Mallory", "eve@example.com"),
    }


@pytest.mark.asvs("8.2.2")
def test_accounts_of_other_users_have_no_url(ada, new_browser, dbsession):
    other = dbsession.scalar(sa.select(User.id))
    eve = new_browser()
    eve.sign_up(email="eve@example.com")
    for path in (f"/account/{other}", f"/account/{other}/edit", "/account/ada@example.com"):
        eve.get(path, status=404)


@pytest.mark.asvs("8.2.1")
def test_account_pages_reveal_nothing_to_visitors(browser):
    for path in ("/account", "/account/x", "/account/x/y"):
        answer = browser.get(path)
        assert answer.status_int == 303
        assert answer.location.startswith("http://localhost/sign-in?next=%2Faccount")


@pytest.mark.asvs("7.4.2", "8.3.2")
def test_deleted_account_is_signed_out(ada, dbsession):
    dbsession.execute(sa.delete(User))
    dbsession.commit()
    answer = ada.get("/account")
    assert answer.location == "http://localhost/sign-in?next=%2Faccount"
    assert ada.cookie is None
