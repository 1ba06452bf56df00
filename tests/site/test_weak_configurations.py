"""A weak configuration does not start: one sentence names the setting, and the process exits."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from pyramid.paster import get_app

from authsite.services import services_of
from tests.conftest import ROOT

PRODUCTION = str(ROOT / "production.ini")
WEAK = {
    "development under a public URL": ({"AUTHSITE_DEV": "true"}, "authsite.dev must be false"),
    "public http": (
        {"AUTHSITE_SITE_URL": "http://accounts.example.com"},
        "authsite.site.url must begin with https://",
    ),
    "http under a public IP address": (
        {"AUTHSITE_SITE_URL": "http://8.8.8.8", "AUTHSITE_MAIL_SENDER": "a@example.com"},
        "authsite.site.url must begin with https://",
    ),
    "a published secret": (
        {"AUTHSITE_SECRET": "for development only: everybody knows this secret"},
        "authsite.secret is published with authsite",
    ),
    "a placeholder": (
        {"AUTHSITE_SECRET": "please-change-this-in-production"},
        "authsite.secret consists of words",
    ),
    "a secret of one letter": (
        {"AUTHSITE_SECRET": "x" * 64},
        "authsite.secret repeats itself or is a pattern",
    ),
    "a mistyped variable": (
        {"AUTHSITE_MIAL_HOST": "mail.example.com"},
        "AUTHSITE_MIAL_HOST is not a setting. Did you mean AUTHSITE_MAIL_HOST?",
    ),
    "a mistyped file": (
        {"AUTHSITE_SECRETS_FILE": "/etc/authsite/secret"},
        "AUTHSITE_SECRETS_FILE is not a setting. Did you mean AUTHSITE_SECRET_FILE?",
    ),
}


@pytest.fixture
def environ(database_url):
    """What production.ini needs to start."""
    return {
        "AUTHSITE_SECRET": secrets.token_urlsafe(32),
        "AUTHSITE_SITE_URL": "https://accounts.example.com",
        "AUTHSITE_MAIL_HOST": "mail.example.com",
        "DATABASE_URL": database_url,
    }


@pytest.mark.asvs("13.2.3", "13.4.2")
@pytest.mark.parametrize("weak", WEAK)
def test_weak_configuration_exits_with_one_sentence(weak, environ, monkeypatch):
    change, sentence = WEAK[weak]
    for name, value in (environ | change).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as end:
        get_app(PRODUCTION)
    assert str(end.value).startswith(f"authsite: {sentence}")


@pytest.mark.parametrize(
    "change",
    [
        {"AUTHSITE_SITE_URL": "http://accounts.example.com", "AUTHSITE_SITE_ALLOW_HTTP": "yes"},
        {"AUTHSITE_SITE_URL": "http://localhost:6543", "AUTHSITE_DEV": "true"},
        {"AUTHSITE_SITE_URL": "http://localhost:6543", "AUTHSITE_SECRET": "x" * 64},
        {
            "AUTHSITE_SITE_URL": "http://192.168.1.5:6543",
            "AUTHSITE_MAIL_SENDER": "a@example.com",
            "AUTHSITE_MAIL_HOST": "localhost",
            "AUTHSITE_DEV": "true",
        },
        {"AUTHSITE_PREVIOUS_SECRETS": "x" * 64},
    ],
    ids=" ".join,
)
def test_explicit_or_local_configuration_starts(change, environ, monkeypatch):
    change = {"AUTHSITE_MAIL_HOST": "localhost"} | change
    for name, value in (environ | change).items():
        monkeypatch.setenv(name, value)
    services = services_of(get_app(PRODUCTION).registry)
    services.database.dispose()


def test_weak_secret_is_refused_in_a_private_network(environ, monkeypatch):
    change = {
        "AUTHSITE_SITE_URL": "https://192.168.1.5",
        "AUTHSITE_MAIL_SENDER": "a@example.com",
        "AUTHSITE_SECRET": "x" * 64,
    }
    for name, value in (environ | change).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=r"authsite\.secret repeats"):
        get_app(PRODUCTION)


@pytest.mark.asvs("16.5.1")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "command",
    [["pserve", PRODUCTION], ["authsite", "outbox", PRODUCTION]],
    ids=["pserve", "outbox"],
)
def test_server_and_commands_print_the_sentence_alone(command, environ):
    weak = environ | {"AUTHSITE_SECRET": "x" * 64}
    done = subprocess.run(
        [str(Path(sys.executable).with_name(command[0])), *command[1:]],
        env=os.environ | weak,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("authsite: authsite.secret repeats itself or is a pattern")
    assert "x" * 64 not in line
