"""Two processes on one SQLite file under the load of many users."""

import random
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from authsite import models
from tests.processes.concurrency import at_once
from tests.processes.servers import FOR_LOAD, Server
from tests.processes.visitors import SESSION, Visitor

THREADS = 32
SECONDS = 20
#: Sessions are refreshed every second, so that pages write as well.
SETTINGS = FOR_LOAD | {"AUTHSITE_SESSION_REFRESH_INTERVAL": "1s"}


class User:
    """A user who creates one account after another and uses each of them."""

    def __init__(self, number: int, *servers: Server) -> None:
        self._number = number
        self._visitor = Visitor(*servers)
        self._random = random.Random(number)
        self.accounts: list[str] = []
        #: The cookies of sessions that were not ended.
        self.open: list[str] = []

    def run(self) -> None:
        """Visit the site repeatedly until the time is over."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            self._visit()

    def _visit(self) -> None:
        email = f"visitor{self._number}.{len(self.accounts)}@example.com"
        visitor = self._visitor
        assert visitor.get("/").status == 200
        assert visitor.sign_up(email).status == 303
        self.accounts.append(email)
        self._load_pages()
        if self._random.random() < 0.5:
            self.open.append(visitor.cookies.pop(SESSION))
        else:
            cookie = visitor.cookies[SESSION]
            assert visitor.sign_out().status == 303
            visitor.cookies[SESSION] = cookie
            assert not visitor.is_signed_in
        assert visitor.sign_in(email, "a wrong password").status == 422
        assert visitor.sign_in(email).status == 303
        self._load_pages()
        self.open.append(visitor.cookies.pop(SESSION))

    def _load_pages(self) -> None:
        for path in self._random.choices(("/", "/dashboard", "/account"), k=4):
            answer = self._visitor.get(path)
            assert answer.status == 200, answer
            assert SESSION in self._visitor.cookies, "the cookie was deleted"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_load_loses_no_request_and_no_row(
    tmp_path: Path, database_url: str, engine: Engine
) -> None:
    """Each response is right, all rows are there, and the logs contain no error."""
    with (
        Server(tmp_path, database_url, settings=SETTINGS) as one,
        Server(tmp_path, database_url, settings=SETTINGS) as two,
    ):
        users = [User(number, one, two) for number in range(THREADS)]
        at_once(user.run for user in users)
    accounts = {email for user in users for email in user.accounts}
    sessions = {cookie.partition(".")[0] for user in users for cookie in user.open}
    with engine.connect() as connection:
        assert set(connection.execute(sa.select(models.User.email)).scalars()) == accounts
        assert set(connection.execute(sa.select(models.UserSession.id)).scalars()) == sessions
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
