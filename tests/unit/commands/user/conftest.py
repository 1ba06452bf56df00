"""What the tests of `authsite user` share: a shell, and people to do something to."""

import io
import json
import sys

import pytest
import sqlalchemy as sa

from authsite.commands import main
from authsite.models import AuditEvent, User
from tests.factories import a_session, a_user, some_noise

#: An id that is no option; those that begin with a hyphen stand after one of two.
NO_HYPHEN = "Ada-Lovelace_id1"


def exit_status(arguments):
    """Return the status that the shell sees."""
    try:
        return main(arguments)
    except SystemExit as end:
        return end.code


class Shell:
    """Where an operator types commands, and reads what is answered."""

    def __init__(self, ini, capsys):
        self.ini = ini
        self._capsys = capsys

    def __call__(self, action, *arguments):
        """Do an action that succeeds; return what it prints."""
        assert main(["user", action, self.ini, *arguments]) == 0
        return self._capsys.readouterr().out

    def json(self, action, *arguments):
        """Do the same for a program."""
        return json.loads(self(action, "--json", *arguments))

    def refused(self, action, *arguments, status=1):
        """Return the words of a refusal; nothing else is printed."""
        assert exit_status(["user", action, self.ini, *arguments]) == status
        written = self._capsys.readouterr()
        assert written.out == ""
        return written.err


@pytest.fixture
def shell(tmp_path, database_url, settings_of_tests, services, capsys):
    """A shell with the ini file of a site on the database of the test."""
    settings = settings_of_tests | {"sqlalchemy.url": database_url}
    lines = [f"{name} = {value.replace('%', '%%')}" for name, value in settings.items()]
    path = tmp_path / "site.ini"
    path.write_text("\n".join(["[app:main]", *lines]))
    return Shell(str(path), capsys)


@pytest.fixture
def ada(dbsession):
    """The id of somebody who is signed in twice, among others who are."""
    some_noise(dbsession)
    names = {"first_name": "Ada", "last_name": "Lovelace"}
    ada = a_user(dbsession, id=NO_HYPHEN, email="ada@example.com", **names)
    for name in (None, "work laptop"):
        a_session(dbsession, ada, name=name, ip_address="192.0.2.7")
    ada_id = ada.id
    dbsession.rollback()
    return ada_id


@pytest.fixture
def row_of(dbsession):
    """Return how the row of the account with an address is now."""

    def look(email="ada@example.com"):
        dbsession.rollback()
        return dbsession.execute(sa.select(User.__table__).where(User.email == email)).one()

    return look


@pytest.fixture
def happened(dbsession):
    """Return the kinds of all events with their actors, in their order, but for the sign-ins."""

    def look():
        dbsession.rollback()
        done = sa.select(AuditEvent.type, AuditEvent.actor).where(AuditEvent.type != "signed_in")
        return dbsession.execute(done.order_by(AuditEvent.occurred_at)).all()

    return look


@pytest.fixture
def typed(monkeypatch):
    """Let an operator pipe something into the command, or type it on a terminal."""

    def put(text, *, on_a_terminal=False):
        data = text if isinstance(text, bytes) else text.encode("utf-8")
        stdin = io.TextIOWrapper(io.BytesIO(data), "utf-8")
        stdin.isatty = lambda: on_a_terminal
        monkeypatch.setattr(sys, "stdin", stdin)

    return put
