"""What an operator types, and what comes of it."""

import io
import os
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.commands import main
from authsite.models import UserSession
from tests.factories import a_session, some_noise

GONE = (
    "expired sessions deleted\n"
    "0 forgotten throttles deleted\n"
    "0 expired links deleted\n"
    "0 old messages deleted\n"
    "0 old events deleted\n"
    "0 closed accounts deleted\n"
)
INI = """[app:main]
use = egg:authsite
authsite.site.url = http://localhost
authsite.mail.host = localhost
authsite.secret = a secret for the tests, known to everyone who reads this
sqlalchemy.url = {url}
"""


@pytest.fixture
def ini(tmp_path: Path, database_url: str) -> str:
    return written(tmp_path, database_url)


def written(folder: Path, url: str) -> str:
    file = folder / "site.ini"
    file.write_text(INI.format(url=url.replace("%", "%%")))
    return str(file)


@pytest.fixture
def expired(dbsession) -> int:
    """Three sessions that are over, among others that live."""
    people = some_noise(dbsession)
    dbsession.execute(sa.update(UserSession).values(expires_at=utc_now().replace(year=2999)))
    for person in people:
        a_session(dbsession, person, expires_at=utc_now())
    return len(people)


def sessions(services) -> int:
    with services.database.read_engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(UserSession)).scalar_one()


def test_purge_deletes_what_has_expired_and_says_how_much(services, expired, ini, capsys):
    before = sessions(services)
    assert main(["purge", ini]) == 0
    assert sessions(services) == before - expired
    assert capsys.readouterr() == (f"3 {GONE}", "")
    assert main(["purge", ini]) == 0
    assert capsys.readouterr().out == f"0 {GONE}"


def test_on_a_terminal_purge_says_how_far_it_is(services, expired, ini, monkeypatch, capsys):
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal, os.fdopen(ours, "rb", 0) as screen:
        monkeypatch.setattr(sys, "stderr", terminal)
        assert main(["purge", ini]) == 0
        terminal.flush()
        shown = b""
        while b"\n" not in shown:
            shown += screen.read(1000)
    assert shown == b"\r[" + 30 * b"#" + b"] 100%  3 expired sessions deleted\r\n"
    assert capsys.readouterr().out == f"3 {GONE}"


def test_where_nothing_has_expired_a_terminal_stays_as_it_is(services, ini, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    assert main(["purge", ini]) == 0
    assert sys.stderr.getvalue() == ""


def test_tree_prints_every_page_in_columns(tmp_path, capsys):
    """It needs no database."""
    assert main(["tree", written(tmp_path, f"sqlite:///{tmp_path}/none.sqlite")]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["address", "method", "permission", "view"]
    rows = [line.split() for line in lines]
    assert ["/", "GET", "public", "authsite.views.home.home"] in rows
    assert [
        "/account",
        "POST",
        "authenticated",
        "authsite.views.account.profile.AccountPage.submit",
    ] in rows
    assert all(len(row) == 4 for row in rows)
    assert len({line.index(row[3]) for line, row in zip(lines, rows, strict=True)}) == 1


def test_a_wrong_setting_is_told_in_a_sentence(tmp_path, monkeypatch, capsys):
    ini = written(tmp_path, f"sqlite:///{tmp_path}/none.sqlite")
    monkeypatch.setenv("AUTHSITE_SECRET", "short")
    assert exit_status("tree", ini) == 1
    assert "AUTHSITE_SECRET must have at least" in capsys.readouterr().err


def exit_status(*arguments: str) -> int:
    """Return the status that the shell sees, and print what it would print."""
    try:
        return main(arguments)
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
            return 1
        return end.code


@pytest.mark.parametrize("content", [None, "no ini file at all", "[app:other]\nuse = egg:nothing"])
def test_a_file_that_is_no_ini_file_is_told_in_a_sentence(tmp_path, content, capsys):
    file = tmp_path / "site.ini"
    if content is not None:
        file.write_text(content)
    assert exit_status("tree", str(file)) == 1
    error = capsys.readouterr().err
    assert "site.ini" in error
    assert "Traceback" not in error


def test_a_database_that_cannot_be_used_is_told_in_a_sentence(tmp_path, capsys):
    ini = written(tmp_path, f"sqlite:///{tmp_path}/no/such/folder/x.sqlite")
    assert exit_status("purge", ini) == 1
    error = capsys.readouterr().err
    assert "database" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("arguments", [[], ["dance"], ["purge"], ["tree", "a.ini", "b.ini"]])
def test_who_asks_wrongly_is_told_how_to_ask(arguments, capsys):
    assert exit_status(*arguments) == 2
    assert "usage: authsite" in capsys.readouterr().err


def test_help_names_the_commands(capsys):
    assert exit_status("--help") == 0
    out = capsys.readouterr().out
    assert "purge" in out
    assert "tree" in out
