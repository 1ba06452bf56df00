"""The server dies in the middle of its work, as by a power cut, and is started again."""

import http.client
import itertools
import threading
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from authsite.models import User, UserSession
from tests.processes.crowds import meanwhile
from tests.processes.servers import Server, until
from tests.processes.visitors import SESSION, Visitor

DEATHS = 2
THREADS = 8
#: Sign-ups that are answered between two deaths, at least.
ANSWERED = 40


class Storm:
    """People who sign up, one after the other; it notes who was told that it worked."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self.dying = threading.Event()
        #: The cookie that each address was given.
        self.answered: dict[str, str] = {}

    def sign_up(self, visitor: Visitor) -> None:
        """Let somebody sign up; no answer at all is right only when the server is to die."""
        email = f"visitor{next(self._numbers)}@example.com"
        visitor.cookies.clear()
        try:
            answer = visitor.sign_up(email)
        except (OSError, http.client.HTTPException):
            assert self.dying.is_set(), "no answer from a server that lives"
            return
        assert answer.status == 303, answer
        self.answered[email] = visitor.cookies[SESSION]


def test_what_was_answered_outlives_the_server(
    tmp_path: Path, database_url: str, engine: Engine
) -> None:
    """Every account that somebody was told of is there, with its session; none is half there."""
    with Server(tmp_path, database_url) as server:
        storm = Storm()
        for _ in range(DEATHS):
            enough = len(storm.answered) + ANSWERED
            with meanwhile(partial(storm.sign_up, Visitor(server)) for _ in range(THREADS)):
                until(lambda enough=enough: len(storm.answered) >= enough, f"{enough} sign-ups")
                storm.dying.set()
                server.kill()
            with engine.connect() as connection:
                check_that_all_is_whole(connection, told=set(storm.answered))
            server.start()
            storm.dying.clear()
            back_again = Visitor(server)
            for cookie in storm.answered.values():
                back_again.cookies[SESSION] = cookie
                assert back_again.is_signed_in


def check_that_all_is_whole(connection: Connection, *, told: set[str]) -> None:
    """See that who was told is there, and that everyone has the session they signed up with."""
    rows = connection.execute(
        sa.select(User.email, sa.func.count(UserSession.id))
        .join(UserSession, UserSession.user_id == User.id, isouter=True)
        .group_by(User.email)
    )
    counts = dict(rows.all())
    assert told <= counts.keys()
    assert set(counts.values()) == {1}
    if connection.dialect.name == "sqlite":
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        assert not connection.exec_driver_sql("PRAGMA foreign_key_check").all()
