"""PostgreSQL goes away while people use the site, and comes back."""

import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from tests.postgresql import Cluster
from tests.processes.crowds import meanwhile
from tests.processes.servers import Server, until
from tests.processes.visitors import SESSION, Answer, Visitor

#: What the site logs when its database is away, and nothing else.
AWAY = ("sys_database_unavailable", "sys_purge: deferred")

#: Deferred to the commit, where it ends the connection under the site's hands.
DIE_AT_COMMIT = """
    CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER die AFTER INSERT ON authsite_session
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()
"""


def is_put_off(answer: Answer) -> bool:
    """Whether the site asks to come back in a moment."""
    return answer.status == 503 and int(answer.headers["Retry-After"]) > 0


class Crowd:
    """People who are there when it happens; each of them demands one of the right answers."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        #: The cookies of those who were told that they have an account.
        self.told: list[str] = []

    def come(self, visitor: Visitor) -> None:
        """Sign up, and be put off at worst; pages for strangers are there all the time."""
        visitor.cookies.clear()
        assert visitor.get("/").status == 200
        answer = visitor.sign_up(f"visitor{next(self._numbers)}@example.com")
        if answer.status == 303:
            self.told.append(visitor.cookies[SESSION])
        else:
            assert is_put_off(answer), answer

    def stay(self, visitor: Visitor) -> None:
        """See the dashboard, or a word that it is away for the moment; and keep the cookie."""
        cookie = visitor.cookies[SESSION]
        answer = visitor.get("/dashboard")
        assert answer.status == 200 or is_put_off(answer), answer
        assert visitor.cookies[SESSION] == cookie


@pytest.mark.asvs("16.5.2")
def test_all_is_well_by_itself_when_the_database_is_back(
    tmp_path: Path, migrate: Callable[[str], None]
) -> None:
    """503 while it is away; nobody is signed out by it, and nobody lost."""
    with Cluster() as cluster:
        url = cluster.new_database()
        migrate(url)
        with Server(tmp_path, url, may_log=AWAY) as server:
            crowd = Crowd()
            inhabitants = [Visitor(server) for _ in range(6)]
            for visitor in inhabitants:
                crowd.come(visitor)
            inhabitant, *others = inhabitants
            stranger = Visitor(server)
            acts = [partial(crowd.stay, visitor) for visitor in others]
            acts += [partial(crowd.come, Visitor(server)) for _ in range(6)]
            with meanwhile(acts):
                wait_for_sign_ups(crowd)
                cluster.stop()
                assert is_put_off(inhabitant.get("/dashboard"))
                assert is_put_off(inhabitant.get("/account"))
                assert is_put_off(stranger.sign_up("late@example.com"))
                assert is_put_off(stranger.sign_in("visitor0@example.com"))
                assert stranger.get("/").status == 200
                cluster.start()
                until(lambda: inhabitant.get("/dashboard").status == 200, "the dashboard is back")
                wait_for_sign_ups(crowd)
            for cookie in crowd.told:
                stranger.cookies[SESSION] = cookie
                assert stranger.is_signed_in


def wait_for_sign_ups(crowd: Crowd) -> None:
    """Wait until some more people were told that they have an account."""
    enough = len(crowd.told) + 10
    until(lambda: len(crowd.told) >= enough, "more sign-ups")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_dies_at_the_commit_leaves_nothing(
    tmp_path: Path, database_url: str, engine: Engine
) -> None:
    """Nobody gets a cookie for a session that was never kept, and the address stays free."""
    with Server(tmp_path, database_url, may_log=AWAY) as server:
        visitor = Visitor(server)
        with engine.begin() as connection:
            connection.exec_driver_sql(DIE_AT_COMMIT)
        assert is_put_off(visitor.sign_up("ada@example.com"))
        assert SESSION not in visitor.cookies
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION die CASCADE")
        assert visitor.sign_up("ada@example.com").status == 303
        assert visitor.is_signed_in
