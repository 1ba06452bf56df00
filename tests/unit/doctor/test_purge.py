"""The check of the purge."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.models import PurgeRun
from tests.factories import a_session, a_user
from tests.unit.doctor.findings import fails, passes, warns


@pytest.fixture
def begun(dbsession):
    """Set when the last purge began; restore it after the test."""
    before = dbsession.execute(sa.select(PurgeRun.name, PurgeRun.started_at)).one()

    def set_to(moment):
        dbsession.execute(sa.update(PurgeRun).values(started_at=moment))
        dbsession.commit()

    yield set_to
    dbsession.execute(sa.delete(PurgeRun))
    dbsession.execute(sa.insert(PurgeRun).values(name=before.name, started_at=before.started_at))
    dbsession.commit()


@pytest.fixture
def expired(dbsession):
    """Add a session that expired this long ago."""
    return lambda **ago: a_session(
        dbsession, a_user(dbsession), expires_at=utc_now() - timedelta(**ago)
    )


@pytest.fixture
def subject(a_subject, database_url):
    """A site on the database of the test, which purges once an hour."""
    return a_subject(app={"sqlalchemy.url": database_url})


def test_purge_reports_the_last_one(subject, begun):
    begun(utc_now())
    assert f" at {utc_now():%Y-}" in passes(subject, "purge")


def test_purge_may_not_have_begun_yet(subject, begun):
    begun(datetime(1970, 1, 1, tzinfo=UTC))
    assert "No purge has begun" in passes(subject, "purge")


def test_purge_is_not_missed_while_little_has_expired(subject, begun, expired):
    begun(utc_now() - timedelta(days=30))
    expired(hours=2)
    passes(subject, "purge")


def test_purge_in_progress_gets_its_time(subject, begun, expired):
    begun(utc_now() - timedelta(minutes=1))
    expired(days=30)
    passes(subject, "purge")


def test_purge_warns_of_expired_rows(subject, begun, expired):
    begun(utc_now() - timedelta(hours=4))
    expired(hours=5)
    expired(hours=5)
    assert "2 expired sessions" in warns(subject, "purge")


def test_purge_fails_when_rows_expired_a_week_ago(subject, begun, expired):
    begun(utc_now() - timedelta(days=30))
    expired(days=8)
    assert "1 expired sessions" in fails(subject, "purge")


def test_purge_of_the_future_fails(subject, begun):
    begun(utc_now() + timedelta(days=1))
    assert "in the future" in fails(subject, "purge")


def test_purge_fails_without_its_row(subject, begun, dbsession):
    dbsession.execute(sa.delete(PurgeRun))
    dbsession.commit()
    assert "is missing" in fails(subject, "purge")
