"""`authsite doctor` on the shipped ini files, with right and wrong settings."""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from authsite.doctor.checks import CHECKS
from authsite.doctor.finding import Status
from tests.smtp import PASSWORD, USERNAME, Certificates, a_mailserver

ROOT = Path(__file__).parents[2]
COMMAND = str(Path(sys.executable).parent / "authsite")
SECRET, PEPPER = secrets.token_urlsafe(32), secrets.token_urlsafe(32)


class Run:
    """A run of the command: its exit status and output."""

    def __init__(self, ini: Path, environ: dict[str, str], *arguments: str) -> None:
        done = subprocess.run(
            [COMMAND, "doctor", str(ini), *arguments],
            env={name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
            | environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        self.status, self.output, self.error = done.returncode, done.stdout, done.stderr
        assert "Traceback" not in self.output + self.error

    def of(self, status: Status) -> dict[str, str]:
        """Return the messages of the findings with this status, by check."""
        label = {Status.FAIL: "FAILED"}.get(status, str(status))
        found = re.findall(rf"^{label:9}(.{{20}})(.*)$", self.output, re.MULTILINE)
        return {name.strip(): message for name, message in found}


@pytest.fixture(scope="module")
def mail(tmp_path_factory):
    """The settings for a mail server with a certificate and a password."""
    certificates = Certificates(tmp_path_factory.mktemp("certificates"))
    with a_mailserver(starttls=certificates.server_of("localhost"), login=True) as server:
        yield {
            "AUTHSITE_MAIL_HOST": "localhost",
            "AUTHSITE_MAIL_PORT": str(server.port),
            "AUTHSITE_MAIL_CA_FILE": str(certificates.file),
            "AUTHSITE_MAIL_USERNAME": USERNAME,
            "AUTHSITE_MAIL_PASSWORD": PASSWORD,
        }
        assert server.received == []


@pytest.fixture(params=["sqlite", "postgresql"])
def healthy(request, tmp_path, migrate, mail):
    """The environment of production.ini for a healthy site with a database of its own."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/site.sqlite"
    else:
        url = request.getfixturevalue("postgresql").new_database()
    migrate(url)
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    (tmp_path / "secret").chmod(0o600)
    return mail | {
        "AUTHSITE_SECRET_FILE": str(tmp_path / "secret"),
        "AUTHSITE_PASSWORDS_PEPPER": f"one:{PEPPER}",
        "AUTHSITE_SITE_URL": "https://accounts.example.com",
        "DATABASE_URL": url.replace("postgres:@", "postgres:hush-hush-hush@"),
    }


@pytest.fixture
def production(tmp_path):
    """A copy of production.ini with the lines for a proxy."""
    path = tmp_path / "production.ini"
    lines = (ROOT / "production.ini").read_text()
    path.write_text(re.sub(r"^#(?=trusted_proxy|clear_)", "", lines, flags=re.MULTILINE))
    return path


def test_healthy_site_passes(production, healthy):
    run = Run(production, healthy)
    assert (run.status, run.error) == (0, "")
    assert run.of(Status.FAIL) == run.of(Status.SKIPPED) == {}
    assert run.output.splitlines()[-1].startswith("0 failed, ")
    assert "its certificate expires on" in run.of(Status.OK)["mail server"]
    applies = {check.name for check in CHECKS}
    assert set(run.of(Status.OK)) | set(run.of(Status.WARN)) <= applies


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_output_contains_no_secret(production, healthy, arguments):
    run = Run(production, healthy | {"AUTHSITE_MAIL_PORT": "1"}, *arguments)
    assert run.status == 1
    for secret in (SECRET, PEPPER, PASSWORD, "hush-hush-hush"):
        assert secret not in run.output + run.error


@pytest.mark.parametrize("healthy", ["sqlite"], indirect=True)
def test_json_option_prints_json(production, healthy):
    run = Run(production, healthy, "--json")
    assert run.status == 0
    report = json.loads(run.output)
    assert report["counts"]["failed"] == 0
    assert {each["status"] for each in report["findings"]} <= set(Status)


@pytest.mark.parametrize("healthy", ["sqlite"], indirect=True)
def test_shipped_production_ini_fails_the_proxy_check(healthy):
    run = Run(ROOT / "production.ini", healthy)
    assert run.status == 1
    assert set(run.of(Status.FAIL)) == {"proxy"}
    assert "Fix: Set the three trusted_proxy lines" in run.output


def test_production_ini_without_variables_fails_with_reasons():
    run = Run(ROOT / "production.ini", {})
    assert run.status == 1
    assert set(run.of(Status.FAIL)) == {"settings", "proxy", "database"}
    assert "is missing" in run.of(Status.FAIL)["settings"]
    assert run.of(Status.OK)["servers"] == "main on 127.0.0.1:6543; second on 127.0.0.1:6544"


@pytest.mark.parametrize("healthy", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("environ", "wrong"),
    [
        (
            {
                "AUTHSITE_SITE_URL": "http://accounts.example.com",
                "AUTHSITE_SITE_ALLOW_HTTP": "yes",
                "AUTHSITE_MAIL_PASSWORD": "another one",
                "AUTHSITE_PASSWORDS_MEMORY_COST": "1024",
                "PYRAMID_DEBUG_ALL": "1",
            },
            {"site url", "mail server", "hash cost", "debug"},
        ),
        (
            {
                "AUTHSITE_DEV": "true",
                "AUTHSITE_SITE_URL": "http://192.168.1.5",
                "AUTHSITE_MAIL_SENDER": "accounts@example.com",
                "AUTHSITE_MAIL_CA_FILE": None,
            },
            {"debug", "mail server"},
        ),
        ({"AUTHSITE_DEV": "true"}, {"settings"}),
        ({"AUTHSITE_SITE_URL": "http://accounts.example.com"}, {"settings"}),
        ({"AUTHSITE_SECRET": "changeme" * 8}, {"settings"}),
        ({"AUTHSITE_MIAL_PORT": "25"}, {"settings"}),
        ({"AUTHSITE_MAIL_PORT": "none"}, {"settings"}),
        ({"DATABASE_URL": "sqlite:////nowhere/site.sqlite"}, {"database"}),
        ({"DATABASE_URL": "postgresql://ada:hush@127.0.0.1:1/site"}, {"database"}),
    ],
)
def test_failed_checks_name_a_fix(production, healthy, environ, wrong):
    settings = {name: value for name, value in (healthy | environ).items() if value is not None}
    run = Run(production, settings)
    assert (run.status, run.error) == (1, "")
    assert set(run.of(Status.FAIL)) == wrong
    assert run.output.count("Fix: ") >= len(wrong)


def test_development_ini_passes_after_migration(tmp_path, migrate):
    shutil.copy(ROOT / "development.ini", tmp_path)
    run = Run(tmp_path / "development.ini", {})
    assert (run.status, set(run.of(Status.FAIL))) == (1, {"database"})
    assert f"`authsite migrate {tmp_path}/development.ini`" in run.output
    migrate(f"sqlite:///{tmp_path}/authsite.sqlite")
    run = Run(tmp_path / "development.ini", {})
    assert (run.status, run.of(Status.FAIL)) == (0, {})
    assert "development" in run.of(Status.WARN)["debug"]


@pytest.mark.parametrize("content", [None, "no ini file"])
def test_unreadable_ini_file_is_a_finding(content, tmp_path):
    path = tmp_path / "broken.ini"
    if content is not None:
        path.write_text(content)
    run = Run(path, {})
    assert run.status == 1
    assert str(path) in run.of(Status.FAIL)["ini file"]
    assert run.of(Status.OK) == {}


def test_wrong_option_prints_usage():
    run = Run(ROOT / "production.ini", {}, "--timeout", "soon")
    assert run.status == 2
    assert "Usage: authsite doctor" in run.error
