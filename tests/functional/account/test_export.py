"""`/account/export`: all data of an account as a file."""

import json
from datetime import timedelta

import pytest


@pytest.fixture
def ada(browser):
    """The browser of a new user."""
    browser.sign_up()
    return browser


@pytest.mark.asvs("5.4.1")
def test_export_is_a_json_file(ada):
    file = ada.get("/account/export")
    assert file.content_type == "application/json"
    assert file.headers["Content-Disposition"] == 'attachment; filename="account.json"'
    assert file.headers["Cache-Control"] == "no-store"
    data = json.loads(file.text)
    assert data["account"]["email"] == "ada@example.com"
    assert data["sessions"][0]["ip_address"] == "192.0.2.1"
    assert [email["template"] for email in data["emails"]] == ["verify_email"]


def test_export_contains_no_other_users(ada, new_browser):
    new_browser().sign_up(email="grace@example.org", first_name="Grace")
    text = ada.get("/account/export").text
    assert "grace" not in text.casefold()


def test_export_contains_no_session_secret(ada):
    assert ada.cookie.partition(".")[2] not in ada.get("/account/export").text


def test_export_requires_recent_authentication(ada, let_time_pass):
    let_time_pass(timedelta(minutes=11))
    answer = ada.get("/account/export", status=303)
    assert answer.location == "http://localhost/confirm-password?next=%2Faccount%2Fexport"


def test_account_page_links_to_export(ada):
    assert ada.get("/account").click("Download data").content_type == "application/json"
