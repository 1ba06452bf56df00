"""The site tidies up after itself, at most once an hour, whichever process comes by first."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.models import PurgeRun, UserSession
from authsite.services import services_of
from tests.site.conftest import wait_for_sweeps

HOUR = timedelta(hours=1)


@pytest.fixture
def last_swept(dbsession):
    """Say when a process of this site swept last."""

    def say(ago):
        wait_for_sweeps()
        dbsession.execute(sa.update(PurgeRun).values(started_at=utc_now() - ago))
        dbsession.commit()

    yield say
    say(timedelta(0))


@pytest.fixture
def expire_all(dbsession):
    """Let all sessions end that there are; return how many there are."""

    def run():
        wait_for_sweeps()
        past = utc_now() - timedelta(seconds=1)
        expired = dbsession.execute(sa.update(UserSession).values(expires_at=past)).rowcount
        dbsession.commit()
        return expired

    return run


def sessions(dbsession):
    """Return how many sessions there are when nobody sweeps any more."""
    wait_for_sweeps()
    found = dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession))
    dbsession.commit()
    return found


@pytest.fixture
def process(new_application, visit):
    """Start the site as another process would; return a browser before it."""
    return lambda: visit(new_application())


@pytest.mark.asvs("14.2.7")
def test_a_sign_in_sweeps_what_has_expired(process, browser, dbsession, last_swept, expire_all):
    browser.sign_up()
    assert expire_all() == 1
    last_swept(HOUR)
    assert process().sign_in().status_int == 303
    assert sessions(dbsession) == 1
    swept = dbsession.scalar(sa.select(PurgeRun.started_at))
    assert datetime.now(UTC) - swept < timedelta(minutes=30)


def test_a_failed_sign_in_sweeps_too(process, browser, dbsession, last_swept, expire_all):
    """It leaves a row behind as well, and there may be no other for a long time."""
    browser.sign_up()
    assert expire_all() == 1
    last_swept(HOUR)
    assert process().sign_in(password="wrong").status_int == 422
    assert sessions(dbsession) == 0


def test_of_all_processes_one_sweeps_in_an_hour(
    process, browser, dbsession, last_swept, expire_all
):
    browser.sign_up()
    last_swept(HOUR)
    process().sign_in()
    expire_all()
    process().sign_in()
    assert sessions(dbsession) == 3
    last_swept(HOUR - timedelta(minutes=1))
    process().sign_in()
    assert sessions(dbsession) == 4
    last_swept(HOUR)
    process().sign_in()
    assert sessions(dbsession) == 3


def test_one_process_does_not_even_look_twice_in_an_hour(
    process, browser, dbsession, last_swept, expire_all
):
    browser.sign_up()
    somebody = process()
    somebody.sign_in()
    wait_for_sweeps()
    expire_all()
    last_swept(HOUR)
    somebody.app.reset()
    somebody.sign_in()
    assert sessions(dbsession) == 3


def test_pages_sweep_nothing(process, browser, dbsession, last_swept, expire_all):
    browser.sign_up()
    expire_all()
    last_swept(HOUR)
    process().get("/")
    assert sessions(dbsession) == 1


def test_a_sweep_while_the_database_is_away_is_put_off(new_application, database_away, caplog):
    services = services_of(new_application().registry)
    with database_away(services), caplog.at_level(logging.WARNING):
        services.purger.run_if_due(now=utc_now()).join()
    [record] = caplog.records
    assert record.getMessage().startswith("sys_purge: deferred, the database is unavailable")
