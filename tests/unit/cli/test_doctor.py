"""`authsite doctor`: its output in a file and on a terminal."""

import json
import re
import socket

import pytest

from tests.shell import run

INI = """[app:main]
use = egg:authsite
authsite.dev = {dev}
authsite.site.url = http://localhost:6543
authsite.secret = for development only: everybody knows this secret
sqlalchemy.url = sqlite:///%(here)s/site.sqlite

[server:main]
use = egg:waitress#main
listen = localhost:6543

[server:second]
use = egg:waitress#main
listen = localhost:6543

[alembic]
"""
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def ini(tmp_path, migrate):
    """A site for development with a mistake, on a database at the head."""
    migrate(f"sqlite:///{tmp_path}/site.sqlite")
    path = tmp_path / "site.ini"
    path.write_text(INI.format(dev="true"))
    return str(path)


def test_warnings_alone_are_no_failure(ini):
    lines = run("doctor", "--server-name", "main", ini).stdout.splitlines()
    assert lines[0] == f"ok       ini file            {ini} can be read."
    last = lines[-1].split(", ")
    assert [each.split()[1] for each in last] == ["failed", "warnings", "ok", "skipped"]
    assert (last[0], last[-1]) == ("0 failed", "0 skipped")


def test_outside_adds_checks(ini):
    """A site for development is not public."""
    arguments = ("doctor", "--server-name", "main", ini)
    assert "public page" not in run(*arguments).stdout
    added = run(*arguments, "--outside").stdout
    assert "ok       public page         Not needed in development." in added


def test_wrong_setting_fails_and_its_fix_is_shown(ini):
    """Both servers are checked unless one is named."""
    lines = run("doctor", ini, status=1).stdout.splitlines()
    [at] = [n for n, line in enumerate(lines) if line.startswith("FAILED   servers  ")]
    assert lines[at + 1].startswith(f"{'':29}Fix: ")
    assert lines[-1].startswith("1 failed, ")


def test_lines_fit_a_terminal_and_words_have_colours(ini, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    printed = run("doctor", ini, status=1, terminal=True).stdout
    assert "\x1b[31mFAILED\x1b[0m   servers  " in printed
    assert max(len(COLOUR.sub("", line)) for line in printed.splitlines()) <= 60


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1", "TERM": "xterm"}, {"TERM": "dumb"}])
def test_narrow_terminals_get_whole_lines_without_colours(ini, monkeypatch, environ):
    for name, value in {"COLUMNS": "20", **environ}.items():
        monkeypatch.setenv(name, value)
    printed = run("doctor", ini, status=1, terminal=True).stdout
    assert "\x1b" not in printed
    assert len(printed.splitlines()) == len(run("doctor", ini, status=1).stdout.splitlines())


def test_json_has_the_same(ini):
    printed = json.loads(run("doctor", "--json", ini, status=1).stdout)
    assert set(printed) == {"counts", "findings"}
    assert printed["counts"]["failed"] == 1
    assert sum(printed["counts"].values()) == len(printed["findings"])
    assert set(printed["findings"][0]) == {"check", "status", "message", "fix"}
    [found] = [each for each in printed["findings"] if each["status"] == "failed"]
    assert found["check"] == "servers"


def test_missing_ini_file_is_a_finding(tmp_path):
    printed = run("doctor", f"{tmp_path}/none.ini", "--timeout", "1m", status=1).stdout
    assert printed.splitlines()[-1].startswith("1 failed, 0 warnings, 0 ok, ")


def test_timeout_ends_the_wait_for_a_silent_mail_server(tmp_path, ini):
    """A number is in seconds."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        text = INI.format(dev="true").replace(
            "[server:main]",
            "authsite.mail.host = 127.0.0.1\nauthsite.mail.security = none\n"
            f"authsite.mail.port = {silent.getsockname()[1]}\n\n[server:main]",
        )
        (tmp_path / "site.ini").write_text(text)
        assert "no connection: " in run("doctor", "--timeout", "1", ini, status=1).stdout
