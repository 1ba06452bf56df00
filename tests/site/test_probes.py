"""`/healthz` and `/readyz`: what machines ask of the site, by whatever name they reach it."""

import logging
import secrets

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.models import UserSession
from authsite.services import services_of
from tests.site.raw import ask, heading_of
from tests.site.test_hosts import STRANGE

ANSWERS = {"/healthz": "alive\n", "/readyz": "ready\n"}
each_probe = pytest.mark.parametrize("path", ANSWERS)


@pytest.fixture
def revision(services):
    """Put a migration down as the last that the database has seen; the real one comes back."""
    version = sa.table("alembic_version", sa.column("version_num"))

    def write(number):
        with services.database.write_engine.begin() as connection:
            connection.execute(sa.update(version).values(version_num=number))

    with services.database.read_engine.connect() as connection:
        real = connection.execute(sa.select(version)).scalar_one()
    yield write
    write(real)


@pytest.mark.asvs("13.4.6")
@each_probe
def test_it_says_one_word_and_nothing_of_versions_or_addresses(application, services, path):
    answer = ask(application, path)
    assert (answer.status_int, answer.text) == (200, ANSWERS[path])
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"


@each_probe
@pytest.mark.parametrize("host", STRANGE)
@pytest.mark.one_database
def test_it_answers_by_whatever_name_or_address_it_is_reached(application, services, path, host):
    answer = ask(application, path, HTTP_HOST=host)
    assert (answer.status_int, answer.text) == (200, ANSWERS[path])


@pytest.mark.asvs("4.1.3")
@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "TRACE"])
@each_probe
@pytest.mark.one_database
def test_to_nothing_but_that_question(application, services, path, method):
    answer = ask(application, path, method=method, HTTP_HOST="evil.test")
    assert heading_of(answer) == "We couldn't read that request"


@pytest.mark.parametrize("path", ["/healthz/", "//healthz", "/healthz/x", "/Healthz", "/x/readyz"])
def test_nor_does_anything_answer_that_is_only_called_alike(application, services, path):
    assert ask(application, path, HTTP_HOST="evil.test").status_int == 400
    assert ask(application, path).status_int == 404


@each_probe
def test_it_looks_up_no_session_and_sets_no_cookie(application, services, browser, path):
    """Not even that of somebody whose visit would be written down, or whose cookie is none."""
    browser.sign_up()
    long_ago = utc_now() - services.settings.session.refresh_interval
    with services.database.write_engine.begin() as connection:
        connection.execute(sa.update(UserSession).values(last_seen_at=long_ago))
    for cookie in (browser.cookie, f"{secrets.token_hex(8)}.{secrets.token_hex(32)}", "nonsense"):
        answer = ask(application, path, HTTP_COOKIE=f"session={cookie}; flash=x")
        assert (answer.text, "Set-Cookie" in answer.headers) == (ANSWERS[path], False)
    with services.database.read_engine.connect() as connection:
        assert connection.execute(sa.select(UserSession.last_seen_at)).scalar_one() == long_ago


def test_while_the_database_is_away_the_process_lives_and_is_not_ready(
    application, services, database_away, caplog
):
    with database_away():
        assert ask(application, "/healthz").text == "alive\n"
        answer = ask(application, "/readyz")
    assert (answer.status_int, answer.text) == (503, "database\n")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sys_not_ready: the database is unavailable: " in caplog.text
    assert ask(application, "/readyz").status_int == 200


@pytest.mark.parametrize("number", ["0001", "0003"])
def test_a_database_that_is_not_migrated_is_not_ready(application, revision, number, caplog):
    revision(number)
    answer = ask(application, "/readyz")
    assert (answer.status_int, answer.text) == (503, "migrations\n")
    assert f"sys_not_ready: the database is at {number}, the code needs " in caplog.text


def test_one_that_is_migrated_further_is_ready(application, revision):
    """As in an upgrade, for as long as the former version still runs."""
    revision("9999")
    assert ask(application, "/readyz").text == "ready\n"


def test_an_empty_database_is_not_ready(new_application, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    application = new_application(**{"sqlalchemy.url": f"sqlite:///{tmp_path}/empty.sqlite"})
    answer = ask(application, "/readyz")
    assert (answer.status_int, answer.text) == (503, "migrations\n")


def test_the_process_lives_without_a_connection_to_the_database(new_application):
    application = new_application(**{"sqlalchemy.url": "postgresql://nobody@192.0.2.1:1/nowhere"})
    assert ask(application, "/healthz").status_int == 200
    database = services_of(application.registry).database
    for engine in (database.engine, database.read_engine):
        assert engine.pool.checkedout() + engine.pool.checkedin() == 0
