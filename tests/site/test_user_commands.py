"""`authsite user …` as the program that an operator runs, beside a site that is in use."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browsers import PASSWORD

COMMAND = str(Path(sys.executable).parent / "authsite")
GRACE = ("--first-name", "Grace", "--last-name", "Hopper", "--email", "grace@example.com")


@pytest.fixture
def user(database_url, settings_of_tests, tmp_path, services):
    """Run `authsite user`; return the exit status, and what is printed and said."""
    settings = settings_of_tests | {"sqlalchemy.url": database_url}
    lines = [f"{name} = {value.replace('%', '%%')}" for name, value in settings.items()]
    path = tmp_path / "site.ini"
    path.write_text("\n".join(["[app:main]", *lines]))

    def run(action, *arguments, typed=""):
        done = subprocess.run(
            [COMMAND, "user", action, str(path), *arguments],
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.mark.asvs("7.4.2", "7.4.5")
def test_an_account_from_its_beginning_to_its_end(user, new_browser):
    made = user("create", *GRACE, "--password-stdin", "--json", typed=f"{PASSWORD}\n")
    grace = json.loads(made[1])["id"]
    browser = new_browser()
    browser.sign_in("grace@example.com")
    assert browser.is_signed_in
    frozen = user("suspend", GRACE[-1], "--reason", "Write to us.")
    assert frozen[:2] == (0, "grace@example.com: frozen, 1 sessions ended\n")
    assert f"user_suspended: user_id={grace} actor=operator" in frozen[2]
    assert not browser.is_signed_in
    refused = browser.sign_in("grace@example.com")
    assert "Write to us." in refused.html.main.text
    assert user("reinstate", GRACE[-1])[0] == 0
    browser.sign_in("grace@example.com")
    assert browser.is_signed_in
    assert user("end-sessions", GRACE[-1])[1] == "grace@example.com: 1 sessions ended\n"
    assert not browser.is_signed_in
    assert user("close", "--yes", GRACE[-1])[0] == 0
    assert browser.sign_in("grace@example.com").location.startswith(
        "http://localhost/reactivate-account"
    )
    assert "Account created" in user("show", GRACE[-1])[1]


def test_the_first_administrator_comes_in_by_a_link(user, mailbox, browser):
    status, said, _ = user("create", *GRACE, "--admin")
    assert status == 0
    path = mailbox.latest("reset_password", "grace@example.com").path_to("reset-password")
    assert path not in said
    twice = {"password": PASSWORD, "confirm_password": PASSWORD}
    assert browser.submit(browser.get(path), twice).status_int == 303
    browser.sign_in("grace@example.com")
    browser.get("/admin", status=200)
    assert user("revoke-admin", "grace@example.com")[0] == 0
    browser.get("/admin", status=403)
    assert user("grant-admin", "grace@example.com")[0] == 0
    browser.get("/admin", status=200)
    assert [line.split()[1] for line in user("list", "--admins")[1].splitlines()] == [
        "grace@example.com"
    ]


def test_what_cannot_be_done_is_told_in_a_sentence(user):
    for action, *more in (
        ["show"],
        ["suspend", "--reason", "x"],
        ["send-reset"],
        ["close", "--yes"],
    ):
        status, printed, said = user(action, *more, "nobody@example.com")
        assert (status, printed) == (1, "")
        assert said == "authsite: no account has the address nobody@example.com\n"
    assert user("close", "nobody@example.com")[::2] == (
        1,
        "authsite: nobody can be asked here whether it is meant; --yes says so\n",
    )


def test_who_asks_wrongly_is_told_how_to_ask(user):
    for action, *more in (["suspend", "nobody@example.com"], ["create"], ["dance"]):
        status, printed, said = user(action, *more)
        assert (status, printed) == (2, "")
        assert said.startswith("usage: authsite user")
