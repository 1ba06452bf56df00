"""`authsite user erase` and `suspend --from-file`: what ends them."""

import pytest
import sqlalchemy as sa

from authsite.models import User
from tests.shell import run

REASON = ("--reason", "Request 2026-117")


@pytest.mark.parametrize("typed", ["no\n", "\n", ""])
def test_erasure_needs_a_confirmation(shell, ada, row_of, typed):
    printed = shell.refused("erase", "ada@example.com", *REASON, stdin=typed, terminal=True)
    assert printed.startswith("Erase the account ada@example.com? This cannot be undone. [y/N]: ")
    assert row_of().id == ada


def test_erasure_without_a_terminal_needs_yes(shell, ada, row_of):
    printed = shell.refused("erase", ada, *REASON, stdin="yes\n")
    assert printed == "authsite: no terminal to confirm on; pass --yes\n"
    assert row_of().id == ada


@pytest.mark.parametrize("command", ["erase", "export", "change-email"])
def test_reason_is_required(shell, ada, command):
    arguments = [ada, "new@example.com"] if command == "change-email" else [ada]
    assert "Missing option '--reason'" in shell.refused(command, *arguments, status=2)


def test_erasure_prevented_by_a_host_table_is_undone(shell, ada, dbsession, row_of, happened):
    """Its table refers to the account without `ON DELETE CASCADE`."""
    dbsession.execute(
        sa.text("CREATE TABLE desk (owner VARCHAR(16) REFERENCES authsite_user (id))")
    )
    dbsession.execute(sa.text("INSERT INTO desk VALUES (:owner)"), {"owner": ada})
    dbsession.commit()
    try:
        printed = shell.refused("erase", "--yes", *REASON, ada)
    finally:
        dbsession.execute(sa.text("DROP TABLE desk"))
        dbsession.commit()
    assert printed.startswith("authsite: rows of another table refer to the account, which was not")
    assert row_of().id == ada
    assert happened() == []


@pytest.mark.parametrize("arguments", [[], ["ada@example.com", "--from-file", "-"]])
def test_suspension_needs_either_an_account_or_a_file(shell, ada, arguments):
    printed = shell.refused("suspend", *arguments, "--reason", "Spam.", status=2)
    assert "Name an account, or pass --from-file." in printed


def test_missing_file_is_named(shell):
    printed = shell.refused("suspend", "--from-file", "nothing.txt", "--reason", "x", status=2)
    assert "nothing.txt" in printed


def test_list_of_known_accounts_exits_with_0(shell, ada, dbsession):
    printed = shell("suspend", "--from-file", "-", "--reason", "x", stdin=f"\n {ada}\r\n{ada}\n")
    assert printed == f"{ada}: suspended, 2 sessions ended\n{ada}: already suspended\n"
    assert dbsession.scalar(sa.select(User.suspension_reason).where(User.id == ada)) == "x"


@pytest.mark.parametrize("beginning", ["x" * 1100, "ada@example.com" + " " * 1085])
def test_line_that_is_too_long_names_no_account(shell, ada, row_of, beginning):
    listed = f"{beginning}ada@example.com\nnothing@example.com"
    arguments = ("suspend", shell.ini, "--from-file", "-", "--reason", "x")
    done = run("user", *arguments, stdin=listed, status=1)
    assert "0 suspended, 0 already suspended, 2 unknown" in done.stderr
    assert len(done.stdout.splitlines()) == 2
    assert row_of().suspended_at is None


def test_json_of_a_list_has_a_line_for_each_account(shell, ada):
    lines = shell("suspend", "--json", "--from-file", "-", "--reason", "x", stdin=f"{ada}\n")
    assert lines == (
        f'{{"account": "{ada}", "outcome": "suspended", "id": "{ada}", "sessions_ended": 2}}\n'
    )
