"""PostgreSQL stops and restarts while visitors use the site."""

import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from tests.postgresql import Cluster
from tests.processes.concurrency import meanwhile
from tests.processes.servers import Server, until
from tests.processes.visitors import SESSION, Answer, Visitor

#: The only errors that the site logs during an outage of the database.
OUTAGE_LOG = ("sys_database_unavailable", "sys_purge: deferred")

#: More lines than an outage has causes: refused, ended and broken connections, a start.
MAX_LINES = 15

#: A trigger that ends the connection of the site during its commit.
DIE_AT_COMMIT = """
    CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER die AFTER INSERT ON authsite_session
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()
"""


def is_503(answer: Answer) -> bool:
    """Whether this is a 503 with Retry-After."""
    return answer.status == 503 and int(answer.headers["Retry-After"]) > 0


class Load:
    """Visitors during the outage; each of their responses must be a success or a 503."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        #: The session cookies of successful sign-ups.
        self.signed_up: list[str] = []

    def sign_up(self, visitor: Visitor) -> None:
        """Sign up; the home page must load, and the sign-up must succeed or get a 503."""
        visitor.cookies.clear()
        assert visitor.get("/").status == 200
        answer = visitor.sign_up(f"visitor{next(self._numbers)}@example.com")
        if answer.status == 303:
            self.signed_up.append(visitor.cookies[SESSION])
        else:
            assert is_503(answer), answer

    def load_dashboard(self, visitor: Visitor) -> None:
        """Load the dashboard, which must succeed or get a 503, and keep the cookie."""
        cookie = visitor.cookies[SESSION]
        answer = visitor.get("/dashboard")
        assert answer.status == 200 or is_503(answer), answer
        assert visitor.cookies[SESSION] == cookie


@pytest.mark.asvs("16.5.2")
def test_site_recovers_after_a_database_outage(
    tmp_path: Path, migrate: Callable[[str], None]
) -> None:
    """During the outage requests get 503; no session and no account is lost."""
    with Cluster() as cluster:
        url = cluster.new_database()
        migrate(url)
        with Server(tmp_path, url, may_log=OUTAGE_LOG) as server:
            load = Load()
            members = [Visitor(server) for _ in range(6)]
            for visitor in members:
                load.sign_up(visitor)
            member, *others = members
            anonymous = Visitor(server)
            functions = [partial(load.load_dashboard, visitor) for visitor in others]
            functions += [partial(load.sign_up, Visitor(server)) for _ in range(6)]
            with meanwhile(functions):
                wait_for_sign_ups(load)
                cluster.stop()
                assert is_503(member.get("/dashboard"))
                assert is_503(member.get("/account"))
                assert is_503(anonymous.sign_up("late@example.com"))
                assert is_503(anonymous.sign_in("visitor0@example.com"))
                assert anonymous.get("/").status == 200
                cluster.start()
                until(lambda: member.get("/dashboard").status == 200, "the dashboard is back")
                wait_for_sign_ups(load)
            errors = [each for each in server.records() if each["level"] == "ERROR"]
            assert 0 < len(errors) < MAX_LINES
            assert not any("exception" in each for each in errors)
            for cookie in load.signed_up:
                anonymous.cookies[SESSION] = cookie
                assert anonymous.is_signed_in


def wait_for_sign_ups(load: Load) -> None:
    """Wait until more visitors have signed up."""
    enough = len(load.signed_up) + 10
    until(lambda: len(load.signed_up) >= enough, "more sign-ups")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_connection_lost_during_commit_leaves_no_account(
    tmp_path: Path, database_url: str, engine: Engine
) -> None:
    """The visitor gets no session cookie, and the email stays free."""
    with Server(tmp_path, database_url, may_log=OUTAGE_LOG) as server:
        visitor = Visitor(server)
        with engine.begin() as connection:
            connection.exec_driver_sql(DIE_AT_COMMIT)
        assert is_503(visitor.sign_up("ada@example.com"))
        assert SESSION not in visitor.cookies
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION die CASCADE")
        assert visitor.sign_up("ada@example.com").status == 303
        assert visitor.is_signed_in
