"""`authsite user …` while the site is in use, on both databases."""

import json

import pytest

from tests.browsers import PASSWORD
from tests.shell import run, write_ini

GRACE = ("--first-name", "Grace", "--last-name", "Hopper", "--email", "grace@example.com")


@pytest.fixture
def user(database_url, settings_of_tests, tmp_path, services):
    """Run `authsite user`; return what it prints."""
    ini = write_ini(tmp_path / "site.ini", settings_of_tests | {"sqlalchemy.url": database_url})
    return lambda command, *arguments, **options: (
        run("user", command, ini, *arguments, **options).stdout
    )


@pytest.mark.asvs("7.4.2", "7.4.5")
def test_operator_manages_an_account_from_creation_to_closing(user, new_browser):
    options = ("--password-stdin", "--json")
    grace = json.loads(user("create", *GRACE, *options, stdin=f"{PASSWORD}\n"))["id"]
    browser = new_browser()
    browser.sign_in("grace@example.com")
    assert browser.is_signed_in
    printed = user("suspend", GRACE[-1], "--reason", "Write to us.")
    assert printed == "grace@example.com: suspended, 1 sessions ended\n"
    assert not browser.is_signed_in
    refused = browser.sign_in("grace@example.com")
    assert "Write to us." in refused.html.main.text
    assert user("reinstate", grace) == "grace@example.com: reinstated\n"
    browser.sign_in("grace@example.com")
    assert browser.is_signed_in
    assert user("end-sessions", GRACE[-1]) == "grace@example.com: 1 sessions ended\n"
    assert not browser.is_signed_in
    user("close", "--yes", GRACE[-1])
    assert browser.sign_in("grace@example.com").location.startswith(
        "http://localhost/reactivate-account"
    )
    assert "Account created" in user("show", GRACE[-1])


def test_first_administrator_signs_in_after_the_emailed_link(user, mailbox, browser):
    printed = user("create", *GRACE, "--admin")
    path = mailbox.latest("reset_password", "grace@example.com").path_to("reset-password")
    assert path not in printed
    twice = {"password": PASSWORD, "confirm_password": PASSWORD}
    assert browser.submit(browser.get(path), twice).status_int == 303
    browser.sign_in("grace@example.com")
    browser.get("/admin", status=200)
    user("revoke-admin", "grace@example.com")
    browser.get("/admin", status=403)
    user("grant-admin", "grace@example.com")
    browser.get("/admin", status=200)
    [listed] = user("list", "--state", "administrator").splitlines()
    assert listed.split()[1] == "grace@example.com"
    user("send-reset", "grace@example.com")
    assert path not in user("show", "grace@example.com")
