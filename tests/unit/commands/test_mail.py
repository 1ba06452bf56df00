"""`authsite deliver` and `authsite outbox`, as an operator meets them."""

import gc
import json
import signal
from datetime import timedelta

import pytest

from authsite.clock import utc_now
from authsite.commands import main
from tests.factories import NOW, a_message
from tests.smtp import a_mailserver


@pytest.fixture(autouse=True)
def _nothing_is_left_open():
    """A connection that a command did not close is told here, and not by some other test."""
    yield
    gc.collect()


@pytest.fixture
def mailserver():
    with a_mailserver() as server:
        yield server


@pytest.fixture
def ini(tmp_path, database_url, settings_of_tests, services, mailserver) -> str:
    """The path of an ini file whose mails go to the server of the test."""
    port = {"authsite.mail.port": str(mailserver.port)}
    settings = settings_of_tests | {"sqlalchemy.url": database_url} | port
    lines = [f"{name} = {value.replace('%', '%%')}" for name, value in settings.items()]
    path = tmp_path / "site.ini"
    path.write_text("\n".join(["[app:main]", *lines]))
    return str(path)


@pytest.fixture
def waiting(dbsession):
    """Three messages that are due, and one that is not."""
    send_at = utc_now() - timedelta(seconds=1)
    ids = [a_message(dbsession, send_at=send_at).id for _ in range(3)]
    a_message(dbsession, send_at=send_at + timedelta(hours=1))
    dbsession.rollback()
    return ids


def test_once_delivers_what_is_due_and_says_how_much(ini, waiting, mailserver, capsys):
    mailserver.answers["RCPT"] = ["550 5.1.1 Unknown", "451 4.7.1 Not now"]
    assert main(["deliver", "--once", ini]) == 0
    assert capsys.readouterr() == ("1 delivered, 1 put off, 1 given up\n", "")
    assert main(["deliver", "--once", ini]) == 0
    assert capsys.readouterr().out == "0 delivered, 0 put off, 0 given up\n"
    assert len(mailserver.received) == 1


def test_once_answers_programs_as_json(ini, waiting, mailserver, capsys):
    mailserver.answers["RCPT"] = ["550 5.1.1 Unknown"]
    assert main(["deliver", "--once", "--json", ini]) == 0
    ended = {"delivered": 2, "reschedule": 0, "given_up": 1, "server_unavailable": None}
    assert json.loads(capsys.readouterr().out) == ended


def test_a_mail_server_that_is_away_is_told(ini, waiting, mailserver, capsys):
    mailserver.answers["MAIL"] = ["421 4.3.2 Shutting down"]
    assert main(["deliver", "--once", ini]) == 1
    written = capsys.readouterr()
    assert written.out == "0 delivered, 1 put off, 0 given up\n"
    said = "authsite: the mail server cannot be used: it breaks off: 421 4.3.2 Shutting"
    assert written.err.startswith(said)


def test_in_development_there_is_nobody_to_deliver_to(ini, waiting, monkeypatch, capsys, tmp_path):
    lines = (tmp_path / "site.ini").read_text().splitlines()
    kept = [line for line in lines if not line.startswith("authsite.mail.")]
    (tmp_path / "site.ini").write_text("\n".join([*kept, "authsite.dev = true"]))
    for arguments in (["deliver", ini], ["deliver", ini, "--once"]):
        assert main(arguments) == 1
        assert "authsite.mail.host is not set" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_ends_with_a_signal(ini, waiting, number, status):
    """The signal comes before the command waits for it, so that no test has to guess when."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        signal.raise_signal(number)
        assert main(["deliver", ini]) == status
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
def test_the_outbox_is_shown_with_what_failed_and_why(ini, capsys):
    assert main(["outbox", ini]) == 0
    counts, header, *rows = capsys.readouterr().out.splitlines()
    assert counts == "1 waiting, 1 put off, 1 given up, 25 delivered"
    assert " ".join(header.split()) == (
        "state template recipient send at attempts next attempt delivered last error"
    )
    assert [row.split("  ")[0] for row in rows] == (
        ["waiting", "put off", "given up"] + ["delivered"] * 20
    )
    assert rows[1].endswith("refused: 451 Not now")
    assert rows[2].endswith("refused: 550 Unknown")
    assert "24@example.com" in rows[3]
    assert "2030-05-18 12:00:00Z" in rows[3]
    assert not any(" 4@example.com" in row for row in rows[13:])
    assert len({row.index("verify_email") for row in rows}) == 1


@pytest.mark.usefixtures("of_each_state")
def test_the_outbox_can_be_read_by_programs(ini, capsys):
    assert main(["outbox", "--json", ini]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["counts"] == {"waiting": 1, "put off": 1, "given up": 1, "delivered": 25}
    assert len(said["messages"]) == 23
    late = said["messages"][1]
    assert late.pop("id")
    assert late == {
        "state": "put off",
        "template": "verify_email",
        "recipient": "later@example.com",
        "send_at": "2030-05-17T12:00:00+00:00",
        "attempts": 2,
        "next_attempt_at": "2030-05-17T12:00:00+00:00",
        "delivered_at": None,
        "last_error": "refused: 451 Not now",
    }


def test_an_empty_outbox_is_told_as_one(ini, capsys):
    assert main(["outbox", ini]) == 0
    assert capsys.readouterr().out == "0 waiting, 0 put off, 0 given up, 0 delivered\n"


@pytest.mark.asvs("14.2.4")
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_nobody_reads_other_peoples_mail_there(ini, waiting, capsys, form):
    assert main(["outbox", *form, ini]) == 0
    said = capsys.readouterr().out
    assert "verify-email" not in said
    assert "Confirm" not in said


@pytest.mark.parametrize("command", ["outbox", "deliver"])
def test_a_database_without_tables_is_told_in_a_sentence(
    tmp_path, settings_of_tests, postgresql, capsys, command
):
    for url in (f"sqlite:///{tmp_path}/empty.sqlite", postgresql.new_database()):
        settings = settings_of_tests | {"sqlalchemy.url": url}
        path = tmp_path / "empty.ini"
        lines = [f"{name} = {value.replace('%', '%%')}" for name, value in settings.items()]
        path.write_text("\n".join(["[app:main]", *lines]))
        arguments = [command, str(path), *(["--once"] if command == "deliver" else [])]
        assert main(arguments) == 1
        error = capsys.readouterr().err
        assert error.startswith("authsite: the database cannot be used: ")
        assert "alembic upgrade head" in error
