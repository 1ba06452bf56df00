"""The server is killed during sign-ups and restarted."""

import http.client
import itertools
import threading
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from authsite.models import User, UserSession
from tests.processes.concurrency import meanwhile
from tests.processes.servers import Server, until
from tests.processes.visitors import SESSION, Visitor

KILLS = 2
THREADS = 8
#: The minimum of answered sign-ups between two kills.
ANSWERED = 40


class SignUps:
    """Sign-ups of many visitors, with those that were answered."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self.server_is_killed = threading.Event()
        #: The session cookie by email.
        self.answered: dict[str, str] = {}

    def sign_up(self, visitor: Visitor) -> None:
        """Sign a visitor up; a missing response is accepted only while the server is killed."""
        email = f"visitor{next(self._numbers)}@example.com"
        visitor.cookies.clear()
        try:
            answer = visitor.sign_up(email)
        except (OSError, http.client.HTTPException):
            assert self.server_is_killed.is_set(), "no response from a running server"
            return
        assert answer.status == 303, answer
        self.answered[email] = visitor.cookies[SESSION]


def test_answered_sign_ups_survive_a_killed_server(
    tmp_path: Path, database_url: str, engine: Engine
) -> None:
    """Every answered sign-up has an account and a session; no account lacks its session."""
    with Server(tmp_path, database_url) as server:
        sign_ups = SignUps()
        for _ in range(KILLS):
            enough = len(sign_ups.answered) + ANSWERED
            with meanwhile(partial(sign_ups.sign_up, Visitor(server)) for _ in range(THREADS)):
                until(lambda enough=enough: len(sign_ups.answered) >= enough, f"{enough} sign-ups")
                sign_ups.server_is_killed.set()
                server.kill()
            with engine.connect() as connection:
                check_accounts(connection, answered=set(sign_ups.answered))
            server.start()
            sign_ups.server_is_killed.clear()
            visitor = Visitor(server)
            for cookie in sign_ups.answered.values():
                visitor.cookies[SESSION] = cookie
                assert visitor.is_signed_in


def check_accounts(connection: Connection, *, answered: set[str]) -> None:
    """Check that all answered sign-ups have accounts, and each account its one session."""
    rows = connection.execute(
        sa.select(User.email, sa.func.count(UserSession.id))
        .join(UserSession, UserSession.user_id == User.id, isouter=True)
        .group_by(User.email)
    )
    counts = dict(rows.all())
    assert answered <= counts.keys()
    assert set(counts.values()) == {1}
    if connection.dialect.name == "sqlite":
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        assert not connection.exec_driver_sql("PRAGMA foreign_key_check").all()
