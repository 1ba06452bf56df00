"""What support does in a shell alone, as docs/administration.md says, on both databases."""

import csv
import io
import json

import pytest
import sqlalchemy as sa

from authsite.accounts.suspend_accounts import BATCH
from authsite.models import AuditEvent, Base, OutboxMessage, User, UserSession
from tests.browsers import PASSWORD
from tests.factories import a_user
from tests.functional.reading import status_of
from tests.shell import refusal, run, write_ini

NEW = "ada@new.example"
WHY = ("--reason", "Lost the old mailbox, ticket 117")
BY_JOAN = ("--as", "joan")


class Shell:
    """`authsite` at one site."""

    def __init__(self, ini):
        self.ini = ini

    def user(self, command, *arguments, **options):
        """Run `authsite user`; return what it prints."""
        return run("user", command, self.ini, *arguments, **options).stdout

    def refused(self, command, *arguments, **options):
        """Return why `authsite user` refuses."""
        return refusal("user", command, self.ini, *arguments, **options)

    def audit(self, *arguments):
        """Return the events that `authsite audit` prints."""
        printed = run("audit", self.ini, "--json", *arguments).stdout
        return [json.loads(line) for line in printed.splitlines()]


@pytest.fixture
def shell(database_url, settings_of_tests, tmp_path, services):
    """A shell with the ini file of the site."""
    return Shell(
        write_ini(tmp_path / "site.ini", settings_of_tests | {"sqlalchemy.url": database_url})
    )


@pytest.fixture
def ada(browser, verify):
    """The browser of a user with a verified email."""
    browser.sign_up()
    verify()
    return browser


def text_of(page):
    """Return the text of the main content, in one line."""
    return " ".join(page.html.main.get_text().split())


def press(browser, path):
    """Open the page of a link and press its button."""
    return browser.submit(browser.get(path), {})


def all_rows(services):
    """Return the text of all rows of all tables."""
    with services.database.read_engine.connect() as connection:
        return {
            table.name: [str(tuple(row)) for row in connection.execute(sa.select(table))]
            for table in Base.metadata.sorted_tables
        }


@pytest.mark.asvs("6.3.7")
def test_changed_email_is_verified_by_its_user(shell, ada, mailbox, new_browser):
    printed = shell.user("change-email", "ada@example.com", NEW, *WHY, *BY_JOAN)
    assert printed == (
        f"ada@example.com: link sent to {NEW}; the email address changes when it is used\n"
    )
    assert "ada@example.com" in ada.get("/account").text
    assert "is pending" in ada.get("/account").text
    notice = mailbox.latest("email_change_requested")
    assert NEW in notice.text
    owner = new_browser()  # who has lost the password, too
    page = owner.get(mailbox.latest("change_email", NEW).path_to("verify-new-email"))
    assert page.html.main.find("input", attrs={"type": "password"}) is None
    assert owner.submit(page, {}).location == "http://localhost/sign-in"
    assert not owner.is_signed_in
    assert mailbox.latest("email_changed").path_to("secure-account")
    assert owner.sign_in(NEW).status_int == 303
    assert NEW in owner.get("/account").text
    assert "Verify your email" not in owner.get("/account").text
    history = ada.get("/account/history").text
    assert "Reason: Lost the old mailbox, ticket 117" in history
    assert "joan" not in history


def test_email_of_another_account_is_said_to_have_changed(shell, ada, mailbox, new_browser):
    shell.user("change-email", "ada@example.com", NEW, *WHY)
    grace = new_browser()
    grace.sign_up(email="grace@example.com")
    page = grace.get(mailbox.latest("change_email", NEW).path_to("verify-new-email"))
    assert "You're signed in as grace@example.com, which is another account." in text_of(page)
    done = grace.submit(page, {}).follow()
    assert status_of(done) == "Email of the other account changed. This account keeps its own."
    assert "You're signed in as grace@example.com." in text_of(done)
    assert grace.submit(done, {"email": NEW, "password": PASSWORD}).status_int == 303
    assert NEW in grace.get("/account").text


def test_own_email_is_said_to_have_changed(shell, ada, mailbox):
    shell.user("change-email", "ada@example.com", NEW, *WHY)
    page = ada.get(mailbox.latest("change_email", NEW).path_to("verify-new-email"))
    assert "another account" not in page.text
    done = ada.submit(page, {}).follow()
    assert (done.request.path, status_of(done)) == ("/account", "Email changed.")
    assert NEW in done.text


def test_change_of_email_is_prevented_by_this_wasnt_me(shell, ada, mailbox, new_browser):
    shell.user("change-email", "ada@example.com", NEW, *WHY)
    owner = new_browser()
    press(owner, mailbox.latest("email_change_requested").path_to("secure-account"))
    link = mailbox.latest("change_email", NEW).path_to("verify-new-email")
    owner.get(link, status=410)


def test_change_of_email_is_undone_by_this_wasnt_me(shell, ada, mailbox, new_browser, dbsession):
    shell.user("change-email", "ada@example.com", NEW, *WHY)
    press(new_browser(), mailbox.latest("change_email", NEW).path_to("verify-new-email"))
    press(new_browser(), mailbox.latest("email_changed").path_to("secure-account"))
    assert dbsession.scalars(sa.select(User.email)).all() == ["ada@example.com"]


def test_taken_and_reserved_emails_are_refused(shell, ada, mailbox, new_browser):
    new_browser().sign_up(email="grace@example.com")
    sent = len(mailbox.all_for())
    same = shell.refused("change-email", "ada@example.com", "ADA@example.com", *WHY)
    assert same == "authsite: ada@example.com is the email address of the account already\n"
    taken = shell.refused("change-email", "ada@example.com", "Grace@example.com", *WHY)
    assert taken.startswith("authsite: another account has the email address Grace@example.com, ")
    assert len(mailbox.all_for()) == sent
    shell.user("change-email", "ada@example.com", NEW, *WHY)
    press(new_browser(), mailbox.latest("change_email", NEW).path_to("verify-new-email"))
    reserved = shell.refused("change-email", "grace@example.com", "ada@example.com", *WHY)
    assert "can still restore it" in reserved


def test_email_that_was_taken_meanwhile_stays(shell, ada, mailbox, new_browser, dbsession):
    shell.user("change-email", "ada@example.com", NEW, *WHY)
    new_browser().sign_up(email=NEW)
    link = mailbox.latest("change_email", NEW).path_to("verify-new-email")
    refused = press(new_browser(), link)
    assert "Another account now uses this email." in refused.text
    assert set(dbsession.scalars(sa.select(User.email))) == {"ada@example.com", NEW}


@pytest.mark.asvs("14.2.7")
def test_erased_account_leaves_an_event_without_personal_data(
    shell, ada, services, new_browser, mailbox
):
    new_browser().submit(new_browser().get("/forgot-password"), {"email": "ada@example.com"})
    grace = new_browser()
    grace.sign_up(email="grace@example.com", first_name="Grace", last_name="Hopper")
    ada_id = json.loads(shell.user("show", "--json", "ada@example.com"))["account"]["id"]
    request = ("--reason", "Request 2026-117", *BY_JOAN)
    printed = shell.user("erase", "ada@example.com", "--yes", *request)
    assert printed == f"ada@example.com: erased; the account had the ID {ada_id}\n"
    assert not ada.is_signed_in
    assert grace.is_signed_in
    rows = all_rows(services)
    del rows["authsite_answered_form"]  # encrypted, and deleted after a minute
    for of_ada in ("ada@example.com", "Lovelace", "Ada"):
        assert of_ada not in str(rows)
    remaining = [row for table in rows.values() for row in table if ada_id in row]
    [event] = shell.audit("--type", "account_erased")
    assert len(remaining) == 1
    assert event["details"] == {"reason": "Request 2026-117", "account": ada_id}
    assert (event["actor"], event["actor_name"]) == ("operator", "joan")
    assert {event[name] for name in ("account", "account_id", "ip_address", "browser")} == {None}
    assert mailbox.all_for("ada@example.com") == []
    assert ada.sign_up().status_int == 303  # the email address is free


def test_emails_to_the_address_before_it_had_an_account_are_erased(
    shell, browser, new_browser, dbsession
):
    visitor = new_browser()
    visitor.submit(visitor.get("/forgot-password"), {"email": "Ada@example.com"})
    browser.sign_up()
    shell.user("erase", "ada@example.com", "--yes", "--reason", "Request 2026-117")
    assert dbsession.scalars(sa.select(OutboxMessage.recipient)).all() == []


def test_exported_data_is_what_the_user_can_download(shell, ada):
    downloaded = json.loads(ada.get("/account/export").text)
    exported = shell.user("export", "ada@example.com", "--reason", "Request 2026-117", *BY_JOAN)
    assert json.loads(exported) == downloaded
    assert "Data exported by support" in " ".join(
        ada.get("/account/history").html.main.text.split()
    )
    [event] = shell.audit("--type", "data_exported")
    assert (event["actor_name"], event["details"]) == ("joan", {"reason": "Request 2026-117"})


@pytest.fixture
def many(dbsession):
    """More accounts than a batch, each with a session and an event."""
    emails = [f"person{number:03}@example.org" for number in range(BATCH + 10)]
    users = [a_user(dbsession, email=email) for email in emails]
    assert len(users) == len(emails)
    dbsession.rollback()
    return emails


@pytest.mark.asvs("7.4.2")
def test_accounts_of_a_file_are_suspended_in_batches(shell, many, dbsession, tmp_path, ada):
    shell.user("suspend", many[0], "--reason", "An earlier one.")
    listed = tmp_path / "emails.txt"
    lines = ["\N{ZERO WIDTH NO-BREAK SPACE}ADA@example.com", *many, "", "nothing@example.org"]
    listed.write_text("\r\n".join([*lines, many[1], "a\x00b@example.org"]), "utf-8")
    arguments = ("suspend", shell.ini, "--from-file", str(listed), "--reason", "Spam.", *BY_JOAN)
    done = run("user", *arguments, status=1)
    assert done.stdout.splitlines()[:2] == [
        "ADA@example.com: suspended, 1 sessions ended",
        f"{many[0]}: already suspended",
    ]
    assert done.stdout.splitlines()[-3:] == [
        "nothing@example.org: unknown",
        f"{many[1]}: already suspended",
        "a\N{REPLACEMENT CHARACTER}b@example.org: unknown",
    ]
    assert done.stderr.splitlines()[-2:] == [
        f"{len(many)} suspended, 2 already suspended, 2 unknown",
        "authsite: lines that name no account: 2",
    ]
    assert not ada.is_signed_in
    dbsession.rollback()
    reasons = dbsession.scalars(sa.select(User.suspension_reason)).all()
    assert sorted(reasons) == ["An earlier one.", *["Spam."] * len(many)]
    again = run("user", *arguments, "--json", status=1)
    outcomes = [json.loads(line)["outcome"] for line in again.stdout.splitlines()]
    assert set(outcomes) == {"already suspended", "unknown"}
    suspended = shell.audit("--type", "suspended", "--by", "joan")
    assert len(suspended) == len(many)


def test_accounts_of_stdin_are_suspended(shell, ada, dbsession):
    printed = shell.user(
        "suspend", "--from-file", "-", "--reason", "Spam.", stdin="ada@example.com\n"
    )
    assert printed == "ada@example.com: suspended, 1 sessions ended\n"
    assert dbsession.scalars(sa.select(UserSession.id)).all() == []


@pytest.mark.asvs("16.2.1", "16.3.3")
def test_audit_log_is_filtered_in_the_shell(shell, ada, grant_admin, new_browser, services):
    administrator = new_browser(REMOTE_ADDR="2001:db8::9")
    administrator.sign_up(email="admin@example.com")
    grant_admin("admin@example.com")
    shell.user("suspend", "ada@example.com", "--reason", "Spam.", *BY_JOAN)
    ada_id = shell.audit("--type", "suspended")[0]["account_id"]
    administrator.get(f"/admin/users/{ada_id}")

    def found(*arguments):
        return [each["type"] for each in shell.audit(*arguments)]

    assert found("--by", "admin@example.com") == ["account_viewed"]
    assert found("--actor", "administrator") == ["account_viewed"]
    assert found("--by", "joan") == ["session_ended", "suspended"]
    assert found("--network", "2001:db8::/64") == ["signed_in", "signed_up"]
    assert found("--account", ada_id, "--type", "signed_up") == ["signed_up"]
    assert found("--since", "1h", "--until", "1m") == []
    assert found("--actor", "operator", "--since", "2020-01-01T00:00:00+02:00") == [
        "account_viewed",  # by this command: --account
        "session_ended",
        "suspended",
    ]
    assert found("--until", "2020-01-01") == found("--since", "2999-01-01") == []
    table = run("audit", shell.ini, "--by", "joan").stdout.splitlines()
    assert "by operator joan  Account suspended  ada@example.com" in table[1]
    printed = run("audit", shell.ini, "--by", "joan", "--csv").stdout
    [ended, suspended] = csv.DictReader(io.StringIO(printed.removeprefix("\ufeff")))
    assert (suspended["label"], suspended["details"]) == ("Account suspended", "Reason: Spam.")
    assert ended["type"] == "session_ended"


def test_looking_in_a_shell_is_an_event_once_an_hour(shell, ada, dbsession):
    for name in ("joan", "joan", "edsger"):
        shell.user("show", "ada@example.com", "--as", name)
    shell.audit("--account", "ada@example.com", "--as", "joan")
    viewed = sa.select(AuditEvent.actor_name).where(AuditEvent.type == "account_viewed")
    assert dbsession.scalars(viewed.order_by(AuditEvent.occurred_at)).all() == ["joan", "edsger"]
    assert "Account viewed by support" in " ".join(
        ada.get("/account/history").html.main.text.split()
    )


def test_json_is_all_that_is_printed(shell, ada, tmp_path):
    """Errors, progress and log lines are on stderr."""
    grace = ("--email", "grace@example.com", "--first-name", "Grace", "--last-name", "Hopper")
    listed = tmp_path / "emails.txt"
    listed.write_text("grace@example.com\n")
    lines = {
        ("create", "--password-stdin", *grace): 1,
        ("show", "grace@example.com"): 1,
        ("list",): 2,
        ("grant-admin", "ada@example.com"): 1,
        ("revoke-admin", "ada@example.com"): 1,
        ("end-sessions", "ada@example.com"): 1,
        ("send-reset", "ada@example.com"): 1,
        ("change-email", "ada@example.com", NEW, *WHY): 1,
        ("suspend", "ada@example.com", "--reason", "Spam."): 1,
        ("suspend", "--from-file", str(listed), "--reason", "Spam."): 1,
        ("reinstate", "ada@example.com"): 1,
        ("close", "ada@example.com", "--yes"): 1,
        ("erase", "ada@example.com", "--yes", *WHY): 1,
    }
    for (command, *arguments), number in lines.items():
        printed = shell.user(command, *arguments, "--json", stdin=f"{PASSWORD}\n").splitlines()
        assert len(printed) == number, command
        assert all(isinstance(json.loads(line), dict) for line in printed)
    assert json.loads(shell.user("export", "--json", "grace@example.com", *WHY))["account"]
    for command in (("show",), ("export", *WHY), ("reinstate",), ("end-sessions",)):
        printed = shell.refused(*command, "--json", "nothing@example.com")
        assert printed.startswith("authsite: ")
