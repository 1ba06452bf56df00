"""The `authsite` command, as an operator meets it: what it prints, and its exit status."""

import contextlib
import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pyramid.config import Configurator

from authsite.commands import main
from authsite.models import UserSession
from authsite.resources.site_map import endpoints

ROOT = Path(__file__).parent.parent.parent
GONE = (
    "expired sessions deleted\n"
    "0 forgotten throttles deleted\n"
    "0 expired links deleted\n"
    "0 old messages deleted\n0 old events deleted\n"
    "0 closed accounts deleted\n"
)
PRODUCTION = str(ROOT / "production.ini")


@pytest.fixture
def ini(database_url, settings_of_tests, tmp_path, services):
    """The path of an ini file for the database of the test."""
    settings = settings_of_tests | {"sqlalchemy.url": database_url}
    lines = [f"{name} = {value.replace('%', '%%')}" for name, value in settings.items()]
    path = tmp_path / "site.ini"
    path.write_text("\n".join(["[app:main]", *lines]))
    return str(path)


@pytest.fixture
def many_expired(browser, new_browser, dbsession):
    """1234 sessions that have expired, in a table with two that have not."""
    browser.sign_up()
    new_browser().sign_up(email="eve@example.com")
    row = dbsession.execute(sa.select(UserSession.__table__)).mappings().first()
    past = datetime.now(UTC) - timedelta(seconds=1)
    rows = [dict(row) | {"id": f"expired-{n:08}", "expires_at": past} for n in range(1234)]
    dbsession.execute(sa.insert(UserSession), rows)
    dbsession.commit()
    return browser


def count(dbsession):
    """Return how many sessions there are."""
    return dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession))


def test_the_tree_names_every_page(application, ini, capsys):
    assert main(["tree", ini]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["address", "method", "permission", "view"]
    assert [tuple(line.split()) for line in lines] == [
        (page.address, page.method, page.permission, page.view)
        for page in endpoints(application.registry)
    ]
    assert [
        "/account",
        "POST",
        "authenticated",
        "authsite.views.account.profile.AccountPage.submit",
    ] in [line.split() for line in lines]


@pytest.mark.asvs("14.2.7")
def test_purge_deletes_what_has_expired_and_says_how_much(many_expired, ini, dbsession, capsys):
    assert main(["purge", ini]) == 0
    written = capsys.readouterr()
    assert (written.out, written.err) == (f"1234 {GONE}", "")
    assert count(dbsession) == 2
    assert many_expired.is_signed_in
    assert main(["purge", ini]) == 0
    assert capsys.readouterr().out == f"0 {GONE}"


def on_a_terminal(monkeypatch, arguments):
    """Run the command with a terminal for its messages; return what was to be seen there."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal, os.fdopen(ours, "rb", buffering=0) as screen:
        monkeypatch.setattr(sys, "stderr", terminal)
        assert main(arguments) == 0
        monkeypatch.undo()
        terminal.write("$")
        terminal.flush()
        seen = b""
        while not seen.endswith(b"$"):
            seen += screen.read(1024)
    return seen.decode("utf-8")


def test_purge_shows_on_a_terminal_how_far_it_is(many_expired, ini, monkeypatch, capsys):
    seen = on_a_terminal(monkeypatch, ["purge", ini])
    steps = [
        f"[{'#' * grown}{'-' * (30 - grown)}] {share:4.0%}  {gone} expired sessions deleted"
        for gone, grown, share in ((500, 12, 0.41), (1000, 24, 0.81), (1234, 30, 1))
    ]
    assert seen == "".join(f"\r{step}" for step in steps) + "\r\n$"
    assert capsys.readouterr().out == f"1234 {GONE}"
    assert on_a_terminal(monkeypatch, ["purge", ini]) == "$"


def test_programs_are_answered_as_json(application, many_expired, ini, capsys):
    assert main(["purge", "--json", ini]) == 0
    deleted = json.loads(capsys.readouterr().out)["deleted"]
    assert deleted["expired sessions"] == 1234
    assert len(deleted) == len(GONE.splitlines())
    assert main(["tree", "--json", ini]) == 0
    pages = json.loads(capsys.readouterr().out)
    assert [tuple(each.values()) for each in pages] == [
        (page.address, page.method, page.permission, page.view)
        for page in endpoints(application.registry)
    ]
    assert set(pages[0]) == {"address", "method", "permission", "view"}


@pytest.mark.parametrize(
    "arguments",
    [[], ["nothing", "x.ini"], ["purge"], ["tree", "a", "b"], ["deliver", "x.ini", "--json"]],
)
def test_who_asks_wrongly_is_told_how_to_ask(arguments, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert capsys.readouterr().err.startswith("usage: authsite")


def refusal(arguments, capsys):
    """Run a command that cannot be done; return its one sentence."""
    try:
        status, last_words = main(arguments), ""
    except SystemExit as end:  # Python writes the sentence, and the status is 1
        status, last_words = 1, str(end.code)
    written = capsys.readouterr()
    said = written.err + last_words
    assert (status, written.out) == (1, "")
    assert said.startswith("authsite: ")
    assert len(said.splitlines()) < 8
    return said


@pytest.mark.parametrize("command", ["tree", "purge", "deliver", "outbox"])
def test_an_ini_file_that_is_not_there_is_named(command, tmp_path, capsys):
    path = str(tmp_path / "nothing.ini")
    assert path in refusal([command, path], capsys)


@pytest.mark.parametrize(
    "content",
    ["", "no ini file", "[app:other]\nuse = egg:authsite\n", "[app:main]\nuse = egg:nothing\n"],
)
def test_an_ini_file_that_cannot_be_read_is_named(content, tmp_path, capsys):
    path = tmp_path / "broken.ini"
    path.write_text(content)
    assert str(path) in refusal(["tree", str(path)], capsys)


def host_application(_global_config, **settings):
    """The factory of an application that includes authsite."""
    with Configurator(settings=settings) as config:
        config.include("authsite")
        return config.make_wsgi_app()


def test_a_setting_that_is_missing_is_named(tmp_path, capsys):
    path = tmp_path / "host.ini"
    path.write_text("[app:main]\nuse = call:tests.site.test_commands:host_application\n")
    for ini in (PRODUCTION, str(path)):
        assert "authsite.site.url is missing" in refusal(["purge", ini], capsys)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_that_is_away_is_told(kind, settings_of_tests, tmp_path, capsys, monkeypatch):
    url = f"sqlite:///{tmp_path}/nothing/site.sqlite"
    if kind == "postgresql":
        url = f"postgresql:///site?host={tmp_path}&user=nobody&password=hush-hush"
    monkeypatch.setenv("DATABASE_URL", url)
    said = refusal(["purge", str(ROOT / "testing.ini")], capsys)
    assert "the database cannot be used" in said
    assert "hush-hush" not in said


def test_a_database_without_tables_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.sqlite")
    assert "the database cannot be used" in refusal(["purge", str(ROOT / "testing.ini")], capsys)


def test_who_has_read_enough_is_not_told_so(ini, monkeypatch):
    """As in `authsite tree site.ini | head -1`."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert main(["tree", ini]) == 1


def test_an_output_that_cannot_be_written_is_told(ini, monkeypatch, capsys):
    with open("/dev/full", "w", buffering=1) as full:  # noqa: PTH123 - no path, a device
        monkeypatch.setattr(sys, "stdout", full)
        assert main(["tree", ini]) == 1
        monkeypatch.undo()
        with contextlib.suppress(OSError):
            full.close()
    assert "authsite: the output cannot be written: " in capsys.readouterr().err


def test_who_stops_a_command_is_not_shown_a_traceback(ini, monkeypatch, capsys):
    class Stopped:
        """A terminal at which somebody presses Ctrl-C."""

        def write(self, _text):
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdout", Stopped())
    assert main(["tree", ini]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_the_command_is_installed(ini):
    command = str(Path(sys.executable).parent / "authsite")
    for arguments, status in ((["tree", ini], 0), (["tree", f"{ini}.not"], 1), ([], 2)):
        done = subprocess.run(
            [command, *arguments], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr
