"""`authsite doctor`: how it prints findings, to a file and on a terminal."""

import io
import json
import socket

import pytest

from authsite.commands import main
from authsite.commands.doctor import _Page
from authsite.doctor.finding import Finding, Status, ok

LONG = (
    "there is no end to what is to be said of this, nor of the well-known ends of it, nor of that"
)
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


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def failed(message=LONG, fix=LONG):
    return Finding(Status.FAIL, message, fix, "proxy")


@pytest.fixture
def ini(tmp_path, migrate):
    """A site for development, on a database at the head."""
    migrate(f"sqlite:///{tmp_path}/site.sqlite")
    path = tmp_path / "site.ini"
    path.write_text(INI.format(dev="true"))
    return str(path)


def test_on_paper_a_sentence_is_a_line():
    page = _Page.on(io.StringIO(), environ={})
    assert page.lines_of(failed()) == (
        f"FAILED   proxy               {LONG}\n                             Fix: {LONG}\n"
    )
    assert page.lines_of(ok("well")) == "ok                           well\n"


def test_on_a_terminal_it_is_as_wide_as_that(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = _Page.on(Terminal(), environ={"NO_COLOR": "1"}).lines_of(failed()).splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[0].startswith("FAILED   proxy               there is no end")
    assert all(line.startswith(" " * 29) for line in lines[1:])
    assert " ".join(" ".join(lines[1:]).split()).endswith(f"Fix: {LONG}")


def test_on_a_terminal_that_is_too_narrow_nothing_is_broken(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    assert len(_Page.on(Terminal(), environ={"TERM": "dumb"}).lines_of(failed()).splitlines()) == 2


def test_a_colour_is_there_besides_the_word(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    page = _Page.on(Terminal(), environ={"TERM": "xterm"})
    assert page.lines_of(failed("message", "fix")).startswith("\x1b[31;1mFAILED\x1b[0m   proxy  ")
    for environ in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in _Page.on(Terminal(), environ=environ).lines_of(failed())
    assert "\x1b" not in _Page.on(io.StringIO(), environ={}).lines_of(failed())


def test_warnings_are_no_failure(ini, capsys):
    assert main(["doctor", "--server-name", "main", ini]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"ok       ini file            {ini} can be read."
    last = lines[-1].split(", ")
    assert [each.split()[1] for each in last] == ["failed", "warnings", "ok", "skipped"]
    assert (last[0], last[-1]) == ("0 failed", "0 skipped")


def test_what_is_wrong_is_one(ini, capsys):
    """Both servers are looked at unless one is named."""
    assert main(["doctor", ini]) == 1
    said = capsys.readouterr().out
    assert "FAILED   servers             Two servers listen on " in said
    assert said.splitlines()[-1].startswith("1 failed, ")


def test_programs_read_the_same(ini, capsys):
    assert main(["doctor", "--json", ini]) == 1
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"counts", "findings"}
    assert said["counts"]["failed"] == 1
    assert sum(said["counts"].values()) == len(said["findings"])
    assert set(said["findings"][0]) == {"check", "status", "message", "fix"}
    [found] = [each for each in said["findings"] if each["status"] == "failed"]
    assert found["check"] == "servers"


def test_a_site_without_an_ini_file_is_wrong(tmp_path, capsys):
    assert main(["doctor", f"{tmp_path}/none.ini"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("1 failed, 0 warnings, 1 ok, ")


def test_one_warning_is_one(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("AUTHSITE_X", "1")
    assert main(["doctor", f"{tmp_path}/none.ini", "--timeout", "1m"]) == 1
    assert ", 1 warning, " in capsys.readouterr().out


def test_a_silent_mail_server_is_waited_for_as_long_as_asked(tmp_path, ini, capsys):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        text = INI.format(dev="true").replace(
            "[server:main]",
            "authsite.mail.host = 127.0.0.1\nauthsite.mail.security = none\n"
            f"authsite.mail.port = {silent.getsockname()[1]}\n\n[server:main]",
        )
        (tmp_path / "site.ini").write_text(text)
        assert main(["doctor", "--timeout", "1s", ini]) == 1
    assert "no connection: " in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["--timeout", "0"], ["--timeout", "soon", "x.ini"]])
def test_who_asks_wrongly_is_told_so(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["doctor", *arguments])
    assert ended.value.code == 2
    assert "usage: authsite doctor" in capsys.readouterr().err
