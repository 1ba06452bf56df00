"""The name of the operator: given, or that of the shell's user."""

import getpass
import os

import pytest
import sqlalchemy as sa

from authsite.cli import main
from authsite.cli.user import COMMANDS
from authsite.models import AuditEvent
from tests.factories import a_user
from tests.shell import refusal, run

#: Commands that record nothing.
SILENT = {"list"}


@pytest.fixture
def name_after(ini, dbsession):
    """Suspend an account with these arguments; return the recorded name."""
    account = a_user(dbsession, email="ada@example.com").id
    dbsession.rollback()

    def suspend(*arguments):
        run("user", "suspend", ini, "--reason", "Spam.", *arguments, "--", account)
        return dbsession.scalar(sa.select(AuditEvent.actor_name))

    return suspend


@pytest.fixture
def shell_user(monkeypatch):
    """Set the user name of the shell, or remove it."""

    def set_name(name, *, sudo=None):
        for variable in ("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER"):
            monkeypatch.delenv(variable, raising=False)
        if name is not None:
            monkeypatch.setenv("LOGNAME", name)
        if sudo is not None:
            monkeypatch.setenv("SUDO_USER", sudo)

    return set_name


@pytest.mark.asvs("16.2.1")
def test_given_name_is_recorded(name_after):
    assert name_after("--as", " Zoe\N{COMBINING DIAERESIS} from support ") == "Zoë from support"


def test_user_name_is_recorded_by_default(name_after, shell_user):
    shell_user("joan")
    assert name_after() == "joan"


def test_user_name_behind_sudo_is_that_of_the_person(name_after, shell_user):
    shell_user("authsite", sudo="joan")
    assert name_after() == "joan"


def test_user_without_a_name_is_recorded_by_number(name_after, shell_user, monkeypatch):
    """As in a container that runs under any user id."""
    shell_user(None)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    with pytest.raises((KeyError, OSError)):
        getpass.getuser()
    assert name_after() == "uid 4000000"


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb", "\N{RIGHT-TO-LEFT OVERRIDE}x"])
def test_name_is_what_a_page_can_show(ini, name):
    printed = refusal("user", "suspend", ini, "x", "--reason", "Spam.", "--as", name, status=2)
    assert "Invalid value for '--as': Enter a name of at most 100 visible characters." in printed


def test_user_name_that_cannot_be_shown_is_refused(ini, shell_user, dbsession):
    shell_user("a\nb")
    printed = refusal("user", "suspend", ini, "x", "--reason", "Spam.")
    assert printed == "authsite: your user name cannot be recorded; pass your name with --as\n"


@pytest.mark.parametrize("name", sorted({*COMMANDS} - SILENT))
def test_every_command_that_records_takes_a_name(name):
    assert "--as NAME" in run("user", name, "--help").stdout


def test_audit_takes_a_name():
    assert "audit" in main.commands
    assert "--as NAME" in run("audit", "--help").stdout
