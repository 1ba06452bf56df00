"""`authsite purge`: it deletes expired rows and prints how many."""

import json

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.models import UserSession
from tests.factories import a_session, some_noise
from tests.shell import refusal, run, write_ini

OTHERS = (
    "expired sessions deleted\n"
    "0 expired pending sign-ins deleted\n"
    "0 answered forms deleted\n"
    "0 forgotten throttles deleted\n"
    "0 expired links deleted\n"
    "0 old messages deleted\n"
    "0 old events deleted\n"
    "0 unverified accounts deleted\n"
    "0 events of closed accounts deleted\n"
    "0 messages of closed accounts deleted\n"
    "0 closed accounts deleted\n"
)


@pytest.fixture
def expired(dbsession) -> None:
    """Three sessions that have expired, among others that have not."""
    people = some_noise(dbsession)
    dbsession.execute(sa.update(UserSession).values(expires_at=utc_now().replace(year=2999)))
    assert len(people) == 3
    for person in people:
        a_session(dbsession, person, expires_at=utc_now())


def count(dbsession) -> int:
    dbsession.rollback()
    return dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession))


def test_purge_deletes_expired_rows_only(expired, ini, dbsession):
    before = count(dbsession)
    done = run("purge", ini)
    assert (done.stdout, done.stderr) == (f"3 {OTHERS}", "")
    assert count(dbsession) == before - 3
    assert run("purge", ini).stdout == f"0 {OTHERS}"


def test_purge_prints_json(expired, ini):
    deleted = json.loads(run("purge", "--json", ini).stdout)["deleted"]
    assert deleted["expired sessions"] == 3
    assert len(deleted) == len(OTHERS.splitlines())


def test_purge_shows_progress_on_a_terminal(expired, ini):
    done = run("purge", ini, terminal=True)
    assert f"Deleting expired sessions  [{'#' * 36}]  100%" in done.stderr
    assert "throttles" not in done.stderr
    assert done.stdout == f"3 {OTHERS}"
    assert run("purge", ini, terminal=True).stderr == ""


def test_missing_database_is_reported(tmp_path, settings_of_tests):
    for name in ("no/such/folder/x.sqlite", "empty.sqlite"):
        url = {"sqlalchemy.url": f"sqlite:///{tmp_path}/{name}"}
        ini = write_ini(tmp_path / "site.ini", settings_of_tests | url)
        printed = refusal("purge", ini)
        assert printed.startswith("authsite: the database cannot be used: ")
        assert "has `authsite migrate` been run?" in printed
