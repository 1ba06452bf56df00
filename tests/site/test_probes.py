"""The probes `/healthz` and `/readyz`, under any host name."""

import logging
import secrets

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.db.revision import HEAD
from authsite.models import UserSession
from authsite.services import services_of
from tests.site.test_former_version import add_versions
from tests.site.test_hosts import UNKNOWN_HOSTS
from tests.site.wsgi_requests import heading_of, send_request

ANSWERS = {"/healthz": "alive\n", "/readyz": "ready\n"}
each_probe = pytest.mark.parametrize("path", ANSWERS)


@pytest.fixture
def revision(services):
    """Set the migration of the database; restore the real one afterwards."""
    version = sa.table("authsite_version", sa.column("version_num"))

    def write(number):
        with services.database.write_engine.begin() as connection:
            connection.execute(sa.update(version).values(version_num=number))

    with services.database.read_engine.connect() as connection:
        real = connection.execute(sa.select(version)).scalar_one()
    yield write
    write(real)


@pytest.mark.asvs("13.4.6")
@each_probe
def test_probe_answers_with_one_word(application, services, path):
    answer = send_request(application, path)
    assert (answer.status_int, answer.text) == (200, ANSWERS[path])
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"


@each_probe
@pytest.mark.parametrize("host", UNKNOWN_HOSTS)
@pytest.mark.one_database
def test_probe_answers_any_host(application, services, path, host):
    answer = send_request(application, path, HTTP_HOST=host)
    assert (answer.status_int, answer.text) == (200, ANSWERS[path])


@pytest.mark.asvs("4.1.3")
@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "TRACE"])
@each_probe
@pytest.mark.one_database
def test_probe_refuses_other_methods_for_unknown_hosts(application, services, path, method):
    answer = send_request(application, path, method=method, HTTP_HOST="evil.test")
    assert heading_of(answer) == "We couldn't read that request"


@pytest.mark.parametrize("path", ["/healthz/", "//healthz", "/healthz/x", "/Healthz", "/x/readyz"])
def test_probe_urls_match_exactly(application, services, path):
    assert send_request(application, path, HTTP_HOST="evil.test").status_int == 400
    assert send_request(application, path).status_int == 404


@each_probe
def test_probe_reads_no_session_and_sets_no_cookie(application, services, browser, path):
    """Even if the session is due to be refreshed, or the cookie is invalid."""
    browser.sign_up()
    long_ago = utc_now() - services.settings.session.refresh_interval
    with services.database.write_engine.begin() as connection:
        connection.execute(sa.update(UserSession).values(last_seen_at=long_ago))
    for cookie in (browser.cookie, f"{secrets.token_hex(8)}.{secrets.token_hex(32)}", "nonsense"):
        answer = send_request(
            application, path, HTTP_COOKIE=f"authsite_session={cookie}; authsite_flash=x"
        )
        assert (answer.text, "Set-Cookie" in answer.headers) == (ANSWERS[path], False)
    with services.database.read_engine.connect() as connection:
        assert connection.execute(sa.select(UserSession.last_seen_at)).scalar_one() == long_ago


def test_process_is_alive_but_not_ready_during_an_outage(
    application, services, database_outage, caplog
):
    with database_outage():
        assert send_request(application, "/healthz").text == "alive\n"
        answer = send_request(application, "/readyz")
    assert (answer.status_int, answer.text) == (503, "database\n")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sys_not_ready: the database is unavailable: " in caplog.text
    assert send_request(application, "/readyz").status_int == 200


@pytest.mark.parametrize("number", ["0001", "0003"])
def test_unmigrated_database_is_not_ready(application, revision, number, caplog):
    revision(number)
    answer = send_request(application, "/readyz")
    assert (answer.status_int, answer.text) == (503, "migrations\n")
    assert f"sys_not_ready: the database is at {number}, the code needs " in caplog.text


def test_newer_database_is_ready(application, revision):
    """During an upgrade, while the previous version still runs."""
    revision("9999")
    assert send_request(application, "/readyz").text == "ready\n"


def test_empty_database_is_not_ready(new_application, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    application = new_application(**{"sqlalchemy.url": f"sqlite:///{tmp_path}/empty.sqlite"})
    answer = send_request(application, "/readyz")
    assert (answer.status_int, answer.text) == (503, "migrations\n")


@pytest.mark.parametrize("heads", [["2f0c"], [HEAD], ["2f0c", "77ab"]])
def test_migrations_of_the_application_do_not_count(
    new_application, migrate, empty_url, engine, heads
):
    """Neither do its heads, which may be several."""
    add_versions(engine, *heads)
    application = new_application(**{"sqlalchemy.url": empty_url})
    assert send_request(application, "/readyz").text == "migrations\n"
    migrate(empty_url)
    assert send_request(application, "/readyz").text == "ready\n"


def test_healthz_needs_no_database(new_application):
    application = new_application(**{"sqlalchemy.url": "postgresql://unknown@192.0.2.1:1/nowhere"})
    assert send_request(application, "/healthz").status_int == 200
    database = services_of(application.registry).database
    for engine in (database.engine, database.read_engine):
        assert engine.pool.checkedout() + engine.pool.checkedin() == 0
