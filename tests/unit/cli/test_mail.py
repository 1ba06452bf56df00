"""`authsite deliver` and `authsite outbox`, as an operator runs them."""

import json
import signal
from datetime import timedelta

import pytest

from authsite.clock import utc_now
from tests.factories import NOW, a_message
from tests.shell import refusal, run, write_ini
from tests.smtp import a_mailserver


@pytest.fixture
def mailserver():
    with a_mailserver() as server:
        yield server


@pytest.fixture
def ini(ini, tmp_path, database_url, settings_of_tests, mailserver) -> str:
    """The path of an ini file whose emails are sent to the server of the test."""
    changed = {"sqlalchemy.url": database_url, "authsite.mail.port": str(mailserver.port)}
    return write_ini(tmp_path / "site.ini", settings_of_tests | changed)


@pytest.fixture
def waiting(dbsession):
    """Three messages that are due, and one that is not."""
    send_at = utc_now() - timedelta(seconds=1)
    ids = [a_message(dbsession, send_at=send_at).id for _ in range(3)]
    a_message(dbsession, send_at=send_at + timedelta(hours=1))
    dbsession.rollback()
    return ids


def test_once_delivers_what_is_due(ini, waiting, mailserver):
    mailserver.answers["RCPT"] = ["550 5.1.1 Unknown", "451 4.7.1 Not now"]
    done = run("deliver", "--once", ini)
    assert (done.stdout, done.stderr) == ("1 delivered, 1 deferred, 1 failed\n", "")
    assert run("deliver", "--once", ini).stdout == "0 delivered, 0 deferred, 0 failed\n"
    assert len(mailserver.received) == 1


def test_once_prints_json(ini, waiting, mailserver):
    mailserver.answers["RCPT"] = ["550 5.1.1 Unknown"]
    printed = json.loads(run("deliver", "--once", "--json", ini).stdout)
    assert printed == {"delivered": 2, "deferred": 0, "failed": 1, "server_unavailable": None}


def test_unavailable_mail_server_is_reported(ini, waiting, mailserver):
    mailserver.answers["MAIL"] = ["421 4.3.2 Shutting down"]
    done = run("deliver", "--once", ini, status=1)
    assert done.stdout == "0 delivered, 1 deferred, 0 failed\n"
    printed = "authsite: the mail server cannot be used: the server breaks off: 421 4.3.2 Shutting"
    assert done.stderr.startswith(printed)


@pytest.mark.parametrize("options", [[], ["--once"]])
def test_site_without_mail_server_delivers_nothing(
    database_url, settings_of_tests, tmp_path, options
):
    kept = {
        name: value
        for name, value in settings_of_tests.items()
        if not name.startswith("authsite.mail.")
    }
    kept |= {"sqlalchemy.url": database_url, "authsite.dev": "true"}
    ini = write_ini(tmp_path / "site.ini", kept)
    assert "authsite.mail.host is not set" in refusal("deliver", ini, *options)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_deliver_ends_with_a_signal(ini, waiting, number, status):
    """The signal is sent before the command waits for it, so the test needs no delay."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        signal.raise_signal(number)
        assert run("deliver", ini, status=status).output == ""
        assert number not in signal.sigpending()
        assert number in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.fixture
def of_each_state(dbsession) -> None:
    ended = {"next_attempt_at": None, "subject": None, "text": None, "html": None, "attempts": 1}
    a_message(dbsession, recipient="waiting@example.com")
    a_message(
        dbsession, recipient="later@example.com", last_error="refused: 451 Not now", attempts=2
    )
    a_message(
        dbsession, recipient="unknown@example.com", last_error="refused: 550 Unknown", **ended
    )
    for hours in range(25):
        delivered_at = NOW + timedelta(hours=hours)
        a_message(dbsession, recipient=f"{hours}@example.com", delivered_at=delivered_at, **ended)


@pytest.mark.usefixtures("of_each_state")
def test_outbox_shows_failures_and_their_reasons(ini):
    counts, header, *rows = run("outbox", ini).stdout.splitlines()
    assert counts == "1 waiting, 1 deferred, 1 failed, 25 delivered"
    assert [word.strip() for word in header.split("  ") if word] == (
        [
            "status",
            "template",
            "recipient",
            "send at",
            "attempts",
            "next attempt",
            "delivered",
            "last error",
        ]
    )
    assert [row.split("  ")[0] for row in rows] == (
        ["waiting", "deferred", "failed"] + ["delivered"] * 20
    )
    assert rows[1].endswith("refused: 451 Not now")
    assert rows[2].endswith("refused: 550 Unknown")
    assert "24@example.com" in rows[3]
    assert "2030-05-18 12:00:00Z" in rows[3]
    assert not any(" 4@example.com" in row for row in rows[13:])
    assert len({row.index("verify_email") for row in rows}) == 1


@pytest.mark.usefixtures("of_each_state")
def test_outbox_prints_json(ini):
    printed = json.loads(run("outbox", "--json", ini).stdout)
    assert printed["counts"] == {"waiting": 1, "deferred": 1, "failed": 1, "delivered": 25}
    assert len(printed["messages"]) == 23
    message = printed["messages"][1]
    assert message.pop("id")
    assert message == {
        "status": "deferred",
        "template": "verify_email",
        "recipient": "later@example.com",
        "send_at": "2030-05-17T12:00:00+00:00",
        "attempts": 2,
        "next_attempt_at": "2030-05-17T12:00:00+00:00",
        "delivered_at": None,
        "last_error": "refused: 451 Not now",
    }


def test_empty_outbox_is_shown_as_counts(ini):
    assert run("outbox", ini).stdout == "0 waiting, 0 deferred, 0 failed, 0 delivered\n"


@pytest.mark.asvs("14.2.4")
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_outbox_hides_what_emails_say(ini, waiting, options):
    printed = run("outbox", *options, ini).stdout
    assert "verify-email" not in printed
    assert "Confirm" not in printed


@pytest.mark.parametrize("command", [["outbox"], ["deliver", "--once"]], ids=" ".join)
def test_database_without_tables_is_reported(tmp_path, settings_of_tests, postgresql, command):
    for url in (f"sqlite:///{tmp_path}/empty.sqlite", postgresql.new_database()):
        ini = write_ini(tmp_path / "empty.ini", settings_of_tests | {"sqlalchemy.url": url})
        printed = refusal(*command, ini)
        assert printed.startswith("authsite: the database cannot be used: ")
        assert "has `authsite migrate` been run?" in printed
