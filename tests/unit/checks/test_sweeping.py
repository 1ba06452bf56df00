"""Whether what is over is deleted."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.models import PurgeRun
from tests.factories import a_session, a_user
from tests.unit.checks.saying import is_doubtful, is_fine, is_wrong


@pytest.fixture
def begun(dbsession):
    """Let the last sweep have begun then; after the test it is again what it was."""
    before = dbsession.execute(sa.select(PurgeRun.name, PurgeRun.started_at)).one()

    def let(moment):
        dbsession.execute(sa.update(PurgeRun).values(started_at=moment))
        dbsession.commit()

    yield let
    dbsession.execute(sa.delete(PurgeRun))
    dbsession.execute(sa.insert(PurgeRun).values(name=before.name, started_at=before.started_at))
    dbsession.commit()


@pytest.fixture
def over(dbsession):
    """Leave a session over that expired so long ago."""
    return lambda **ago: a_session(
        dbsession, a_user(dbsession), expires_at=utc_now() - timedelta(**ago)
    )


@pytest.fixture
def setup(a_setup, database_url):
    """A site on the database of the test, which sweeps once an hour."""
    return a_setup(app={"sqlalchemy.url": database_url})


def test_a_site_that_has_just_swept_is_fine(setup, begun):
    begun(utc_now())
    assert is_fine(setup, "sweeping").startswith(f"the last sweep began at {utc_now():%Y-}")


def test_a_site_that_nobody_has_signed_in_to_is_fine(setup, begun):
    begun(datetime(1970, 1, 1, tzinfo=UTC))
    assert "no sweep has begun yet" in is_fine(setup, "sweeping")


def test_where_nothing_is_over_no_sweep_is_missed(setup, begun, over):
    begun(utc_now() - timedelta(days=30))
    over(hours=2)
    is_fine(setup, "sweeping")


def test_a_sweep_that_is_at_work_is_given_its_time(setup, begun, over):
    begun(utc_now() - timedelta(minutes=1))
    over(days=30)
    is_fine(setup, "sweeping")


def test_what_should_be_gone_is_counted(setup, begun, over):
    begun(utc_now() - timedelta(hours=4))
    over(hours=5)
    over(hours=5)
    assert "2 expired sessions should be gone" in is_doubtful(setup, "sweeping")


def test_what_should_be_gone_for_a_week_is_wrong(setup, begun, over):
    begun(utc_now() - timedelta(days=30))
    over(days=8)
    assert "1 expired sessions should be gone" in is_wrong(setup, "sweeping")


def test_a_sweep_of_the_future_is_wrong(setup, begun):
    begun(utc_now() + timedelta(days=1))
    assert "in the future" in is_wrong(setup, "sweeping")


def test_where_the_row_is_gone_that_is_wrong(setup, begun, dbsession):
    dbsession.execute(sa.delete(PurgeRun))
    dbsession.commit()
    assert "so nobody does" in is_wrong(setup, "sweeping")
