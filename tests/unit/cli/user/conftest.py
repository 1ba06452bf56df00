"""What the tests of `authsite user` share: a shell, and accounts to change."""

import json

import pytest
import sqlalchemy as sa

from authsite.models import AuditEvent, User
from tests import shell as commands
from tests.factories import a_session, a_user, some_noise

#: An ID that is no option; those that begin with a hyphen need two hyphens before them.
NO_HYPHEN = "Ada-Lovelace_id1"


class Shell:
    """Runs `authsite user` for one site."""

    def __init__(self, ini):
        self.ini = ini

    def __call__(self, command, *arguments, **how):
        """Run a command that succeeds; return what it prints."""
        return commands.run("user", command, self.ini, *arguments, **how).stdout

    def json(self, command, *arguments, **how):
        """Return the same as programs get it."""
        return json.loads(self(command, "--json", *arguments, **how))

    def refused(self, command, *arguments, **how):
        """Return the message of a command that is refused."""
        return commands.refusal("user", command, self.ini, *arguments, **how)


@pytest.fixture
def shell(ini):
    """A shell with the ini file of a site on the database of the test."""
    return Shell(ini)


@pytest.fixture
def ada(dbsession):
    """The ID of a user with two sessions, among other users with sessions."""
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
    """Return the current row of the account with an email address."""

    def look(email="ada@example.com"):
        dbsession.rollback()
        return dbsession.execute(sa.select(User.__table__).where(User.email == email)).one()

    return look


@pytest.fixture
def happened(dbsession):
    """Return the types of all events except sign-ins and looks, with their actors, in order."""

    def look():
        dbsession.rollback()
        done = sa.select(AuditEvent.type, AuditEvent.actor).where(
            AuditEvent.type.not_in(["signed_in", "account_viewed"])
        )
        return dbsession.execute(done.order_by(AuditEvent.occurred_at)).all()

    return look
