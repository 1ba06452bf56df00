"""`/account/export`: what is kept of a person, to take away."""

import json
from datetime import timedelta

import pytest


@pytest.fixture
def ada(browser):
    """Somebody who has just signed up."""
    browser.sign_up()
    return browser


@pytest.mark.asvs("5.4.1")
def test_everything_comes_as_a_file(ada):
    file = ada.get("/account/export")
    assert file.content_type == "application/json"
    assert file.headers["Content-Disposition"] == 'attachment; filename="account.json"'
    assert file.headers["Cache-Control"] == "no-store"
    data = json.loads(file.text)
    assert data["account"]["email"] == "ada@example.com"
    assert data["sessions"][0]["ip_address"] == "192.0.2.1"
    assert [email["template"] for email in data["emails"]] == ["verify_email"]


def test_there_is_nothing_of_others_in_it(ada, new_browser):
    new_browser().sign_up(email="grace@example.org", first_name="Grace")
    text = ada.get("/account/export").text
    assert "grace" not in text.casefold()


def test_no_secret_of_the_session_is_in_it(ada):
    assert ada.cookie.partition(".")[2] not in ada.get("/account/export").text


def test_a_password_that_was_typed_long_ago_is_asked_for_again(ada, let_time_pass):
    let_time_pass(timedelta(minutes=11))
    asked = ada.get("/account/export", status=303)
    assert asked.location == "http://localhost/confirm-password?next=%2Faccount%2Fexport"


def test_it_is_on_the_account_page(ada):
    assert ada.get("/account").click("Download data").content_type == "application/json"
