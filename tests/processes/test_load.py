"""Two processes on one SQLite file, and people who do everything that can be done."""

import random
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from authsite.models import User, UserSession
from tests.processes.crowds import at_once
from tests.processes.servers import FOR_CROWDS, Server
from tests.processes.visitors import SESSION, Visitor

THREADS = 32
SECONDS = 20
#: Sessions are extended all the time, so that pages write as well.
SETTINGS = FOR_CROWDS | {"AUTHSITE_SESSION_REFRESH_INTERVAL": "1s"}


class Regular:
    """Someone who makes one account after another, and uses each before leaving it."""

    def __init__(self, number: int, *servers: Server) -> None:
        self._number = number
        self._visitor = Visitor(*servers)
        self._chance = random.Random(number)
        self.accounts: list[str] = []
        #: Ids of the sessions that were left open.
        self.open: list[str] = []

    def run(self) -> None:
        """Come again and again, until the time is over."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            self._visit()

    def _visit(self) -> None:
        email = f"visitor{self._number}.{len(self.accounts)}@example.com"
        visitor = self._visitor
        assert visitor.get("/").status == 200
        assert visitor.sign_up(email).status == 303
        self.accounts.append(email)
        self._look_around()
        if self._chance.random() < 0.5:
            self.open.append(visitor.cookies.pop(SESSION))
        else:
            cookie = visitor.cookies[SESSION]
            assert visitor.sign_out().status == 303
            visitor.cookies[SESSION] = cookie
            assert not visitor.is_signed_in
        assert visitor.sign_in(email, "a wrong password").status == 422
        assert visitor.sign_in(email).status == 303
        self._look_around()
        self.open.append(visitor.cookies.pop(SESSION))

    def _look_around(self) -> None:
        for path in self._chance.choices(("/", "/dashboard", "/account"), k=4):
            answer = self._visitor.get(path)
            assert answer.status == 200, answer
            assert SESSION in self._visitor.cookies, "the cookie was taken away"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_is_refused_or_lost_under_load(
    tmp_path: Path, database_url: str, engine: Engine
) -> None:
    """No answer but the right one, no row too few or too many, no error in the logs."""
    with (
        Server(tmp_path, database_url, settings=SETTINGS) as one,
        Server(tmp_path, database_url, settings=SETTINGS) as two,
    ):
        regulars = [Regular(number, one, two) for number in range(THREADS)]
        at_once(regular.run for regular in regulars)
    accounts = {email for regular in regulars for email in regular.accounts}
    sessions = {cookie.partition(".")[0] for regular in regulars for cookie in regular.open}
    with engine.connect() as connection:
        assert set(connection.execute(sa.select(User.email)).scalars()) == accounts
        assert set(connection.execute(sa.select(UserSession.id)).scalars()) == sessions
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
