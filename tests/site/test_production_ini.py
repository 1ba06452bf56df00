"""The shipped `production.ini` starts with its required variables only."""

import json
import os
import socket
import subprocess
import sys
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest
from pyramid.paster import get_app

from authsite.services import services_of

ROOT = Path(__file__).parent.parent.parent
PRODUCTION = str(ROOT / "production.ini")
SECRET = "fZ0r3kQ9_wXb7LtVn2cYs8HdPgJm4eTa"
DEVELOPMENT_SECRET = "for development only: everybody knows this secret"
SITE = "https://accounts.example.com"


@pytest.fixture
def environ(database_url):
    """The variables that production.ini requires."""
    return {
        "AUTHSITE_SECRET": SECRET,
        "AUTHSITE_SITE_URL": SITE,
        "AUTHSITE_MAIL_HOST": "mail.example.com",
        "DATABASE_URL": database_url,
    }


@pytest.mark.asvs("13.2.3")
@pytest.mark.parametrize(
    ("variable", "setting"),
    [
        ("AUTHSITE_SECRET", "authsite.secret"),
        ("AUTHSITE_SITE_URL", "authsite.site.url"),
        ("AUTHSITE_MAIL_HOST", "authsite.mail.host"),
        ("DATABASE_URL", "sqlalchemy.url"),
    ],
)
def test_production_ini_names_missing_settings(environ, monkeypatch, variable, setting):
    """Both the setting and the variable."""
    for name in environ.keys() - {variable}:
        monkeypatch.setenv(name, environ[name])
    with pytest.raises(SystemExit, match=f"authsite: {setting} is missing. .*{variable}"):
        get_app(PRODUCTION)


@pytest.mark.asvs("13.2.3")
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AUTHSITE_SECRET", DEVELOPMENT_SECRET),
        ("AUTHSITE_SECRET", "changeme"),
        ("AUTHSITE_SECRET", ""),
        ("AUTHSITE_SITE_URL", "accounts.example.com"),
        ("DATABASE_URL", "sqlite://"),
    ],
)
def test_production_ini_refuses_missing_and_published_values(environ, monkeypatch, variable, value):
    for name in environ:
        monkeypatch.setenv(name, environ[name])
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit, match="authsite: ") as refused:
        get_app(PRODUCTION)
    assert variable in str(refused.value) or "authsite.secret" in str(refused.value)
    assert variable != "AUTHSITE_SECRET" or not value or value not in str(refused.value)


@pytest.mark.asvs("13.4.2")
def test_production_ini_starts_without_debugging(environ, monkeypatch, tmp_path):
    for name in environ.keys() - {"AUTHSITE_SECRET"}:
        monkeypatch.setenv(name, environ[name])
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    monkeypatch.setenv("AUTHSITE_SECRET_FILE", str(file))
    registry = get_app(PRODUCTION).registry
    settings = services_of(registry).settings
    assert settings.secret == SECRET.encode()
    assert not settings.dev
    assert settings.https
    assert SECRET not in repr(settings)
    assert not any(registry.settings[name] for name in registry.settings if "debug" in name)
    assert not registry.settings["reload_templates"]
    services_of(registry).database.dispose()


@pytest.fixture
def server(environ, tmp_path):
    """A server with the shipped ini file, except the port, and its log."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ini = (ROOT / "production.ini").read_text()
    assert "127.0.0.1:6543" in ini
    path = tmp_path / "production.ini"
    path.write_text(ini.replace("127.0.0.1:6543", f"127.0.0.1:{port}"))
    with subprocess.Popen(
        [str(Path(sys.executable).parent / "pserve"), str(path)],
        env=os.environ | environ,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield port, process, read_until_serving(process)
        finally:
            process.kill()


def read_until_serving(process):
    """Return the lines of the log up to the one with the URL of the server."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        if "Serving on" in line:
            return lines
    pytest.fail(f"the server did not start: {lines}")


def answer_of(port, path, host="accounts.example.com"):
    """Request a page from the server."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={"Host": host})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


@pytest.mark.asvs("13.4.6", "16.2.1", "16.2.2", "16.2.4", "16.4.1")
def test_production_ini_logs_json_with_request_ids(server):
    port, process, lines = server
    answer = answer_of(port, "/sign-in")
    assert answer.status == 200
    assert answer.headers["Server"] is None
    assert "__Host-authsite_form=" in answer.headers["Set-Cookie"]
    assert answer_of(port, "/", host="evil.test").status == 400
    process.terminate()
    _, rest = process.communicate(timeout=20)
    lines += rest.splitlines()
    before = next(n for n, line in enumerate(lines) if line.startswith("Starting server"))
    logged = [json.loads(line) for line in lines[before + 1 :]]
    for line in logged:
        assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)
        assert {"level", "logger", "message", "process"} <= set(line)
    [refused] = [line for line in logged if line["logger"] == "authsite.web.validation"]
    assert refused["message"] == "malicious_host: not a host of this site"
    assert len(refused["request_id"]) >= 8
    assert not any(SECRET in str(line) for line in logged)
