"""The `authsite` command on both databases, and as the program that is installed."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pyramid.config import Configurator

from authsite.models import UserSession
from tests.shell import refusal, run, write_ini

ROOT = Path(__file__).parent.parent.parent
COMMAND = str(Path(sys.executable).parent / "authsite")


@pytest.fixture
def ini(database_url, settings_of_tests, tmp_path, services):
    """The path of an ini file for the database of the test."""
    return write_ini(tmp_path / "site.ini", settings_of_tests | {"sqlalchemy.url": database_url})


@pytest.fixture
def many_expired(browser, new_browser, dbsession):
    """1234 expired sessions beside two that are valid."""
    browser.sign_up()
    new_browser().sign_up(email="eve@example.com")
    row = dbsession.execute(sa.select(UserSession.__table__)).mappings().first()
    past = datetime.now(UTC) - timedelta(seconds=1)
    rows = [dict(row) | {"id": f"expired-{n:08}", "expires_at": past} for n in range(1234)]
    dbsession.execute(sa.insert(UserSession), rows)
    dbsession.commit()
    return browser


@pytest.mark.asvs("14.2.7")
def test_purge_deletes_expired_sessions_in_batches(many_expired, ini, dbsession):
    done = run("purge", "--json", ini, terminal=True)
    assert json.loads(done.stdout)["deleted"]["expired sessions"] == 1234
    shown = [int(part.partition("%")[0]) for part in done.stderr.split("]")[1:]]
    assert shown == sorted(shown)
    assert {0, 16, 32, 48, 64, 81, 97, 100} <= set(shown)
    assert dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession)) == 2
    assert many_expired.is_signed_in
    assert run("purge", ini).stdout.startswith("0 expired sessions deleted\n")


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_unavailable_database_is_reported(backend, settings_of_tests, tmp_path):
    url = f"sqlite:///{tmp_path}/nothing/site.sqlite"
    if backend == "postgresql":
        url = f"postgresql://unknown:hush-hush@/site?host={tmp_path}"
    ini = write_ini(tmp_path / "site.ini", settings_of_tests | {"sqlalchemy.url": url})
    printed = refusal("purge", ini)
    assert printed.startswith("authsite: the database cannot be used: ")
    assert "hush-hush" not in printed


def host_application(_global_config, **settings):
    """The factory of an application that includes authsite."""
    with Configurator(settings=settings) as config:
        config.include("authsite.application.standalone")
        return config.make_wsgi_app()


def test_missing_setting_of_a_host_is_named(tmp_path):
    path = tmp_path / "host.ini"
    path.write_text("[app:main]\nuse = call:tests.site.test_commands:host_application\n")
    assert refusal("purge", str(path)).startswith("authsite: authsite.site.url is missing")


@pytest.mark.parametrize(
    ("arguments", "status", "printed"),
    [
        (["--help"], 0, ""),
        (["urls", str(ROOT / "development.ini")], 0, ""),
        (["urls", "nothing.ini"], 1, "authsite: nothing.ini cannot be read: "),
        (["urls", str(ROOT / "production.ini")], 1, "authsite: authsite.site.url is missing"),
        (["urls"], 2, "Usage: authsite urls "),
    ],
    ids=["help", "done", "refused", "setting", "usage"],
)
def test_installed_command_exits_with_a_status(arguments, status, printed):
    done = subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == status, done.stderr
    assert done.stderr.startswith(printed)
    assert bool(done.stdout) == (status == 0)
    assert "Traceback" not in done.stderr
