"""Background workers of a site; neither loading the application nor a request starts one."""

import logging
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pyramid.response import Response

import authsite
from authsite.application.background import Background
from authsite.clock import utc_now
from authsite.models import PurgeRun, UserSession
from authsite.resources import Root
from authsite.services import services_of
from tests.factories import a_user
from tests.foreign_hashes import DEVISE, PASSWORD
from tests.processes.servers import until
from tests.smtp import a_mailserver

NAMES = ("hash-formats", "mail", "purge")


def workers():
    """Return the names of the workers that run in this process."""
    return sorted(each.name for each in threading.enumerate() if each.name in NAMES)


def write(request):
    """Answer a form with an email."""
    values = {"link": request.authsite.url("verify-email", "secret"), "lifetime": "24 hours"}
    values["is_repeated"] = False
    recipient = {"to": "ada@example.com", "user_id": None}
    request.authsite.work.outbox.put("verify_email", **recipient, **values)
    return Response("Check your email.")


def add_page(config):
    """Add a page that writes an email."""
    config.add_view(
        write,
        context=Root,
        name="write",
        permission="public",
        request_method="POST",
        require_csrf=False,
    )


@pytest.fixture
def mailserver():
    with a_mailserver() as server:
        yield server


@pytest.fixture
def start():
    """Start the workers of an application; stop them after the test."""
    started = []

    def start_workers(application):
        services = services_of(application.registry)
        started.append(Background(services.workers, listener=services.metrics))
        started[-1].start()

    yield start_workers
    for each in started:
        each.stop()


@pytest.fixture
def delivering(new_application, mailserver):
    """Build a site that delivers email in its own process."""
    port = {"authsite.mail.port": str(mailserver.port)}
    return new_application(add_page, **{"authsite.mail.deliver_in_process": "yes"} | port)


def test_requests_start_no_worker(delivering, visit):
    browser = visit(delivering)
    browser.sign_up()
    browser.sign_out()
    browser.sign_in()
    assert workers() == []


def test_email_of_a_page_is_delivered_immediately(delivering, start, visit, mailserver, mailbox):
    start(delivering)
    until(lambda: "mail" in workers(), "the mail worker")
    visit(delivering).app.post("/write", headers={"Host": "localhost"})
    until(lambda: mailserver.received, "the email")
    assert mailserver.received[0].recipients == ["ada@example.com"]
    assert "/verify-email/secret" in mailserver.received[0].mail.get_body(["plain"]).get_content()
    until(lambda: not mailbox.all_for("ada@example.com"), "the update of the outbox")


def test_settings_keep_email_for_another_process(new_application):
    services = services_of(new_application().registry)
    assert not services.settings.mail.deliver_in_process
    assert services.mail_worker.delivers
    assert services.workers == (services.purger, services.hash_format_reader)


@pytest.mark.asvs("6.3.8")
def test_formats_of_stored_hashes_are_read_at_the_start(new_application, start, dbsession):
    a_user(dbsession, password_hash=DEVISE[PASSWORD])
    application = new_application()
    start(application)
    dummies = services_of(application.registry).hasher.dummy_hashes
    until(lambda: dummies.choose("eve@example.com").startswith("$2a$04$"), "the first read")


@pytest.fixture
def last_purge(dbsession):
    """Set how long ago the last purge started."""

    def set_to(ago):
        dbsession.execute(sa.update(PurgeRun).values(started_at=utc_now() - ago))
        dbsession.commit()

    yield set_to
    set_to(timedelta(0))


@pytest.mark.asvs("14.2.7")
def test_purge_deletes_expired_sessions(last_purge, browser, dbsession, new_application, start):
    browser.sign_up()
    past = utc_now() - timedelta(seconds=1)
    dbsession.execute(sa.update(UserSession).values(expires_at=past))
    last_purge(timedelta(hours=1))
    start(new_application())
    until(lambda: _sessions(dbsession) == 0, "the purge")


def _sessions(dbsession):
    dbsession.rollback()
    return dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession))


def test_purge_waits_for_the_database(new_application, database_outage, caplog):
    services = services_of(new_application().registry)
    with database_outage(services), caplog.at_level(logging.WARNING):
        assert not services.purger.run_if_due(now=utc_now())
    [record] = caplog.records
    assert record.getMessage().startswith("sys_purge: deferred, the database is unavailable")


def test_pshell_schedules_no_worker(settings_of_tests, tmp_path, monkeypatch):
    monkeypatch.setattr(Background, "is_enabled", True)
    before = threading.active_count()
    settings = settings_of_tests | {"sqlalchemy.url": f"sqlite:///{tmp_path}/site.sqlite"}
    authsite.main({"__script__": "pshell"}, **settings)
    assert threading.active_count() == before


def test_commands_start_no_worker(tmp_path, migrate):
    """No other thread runs, so none can start later either."""
    migrate(f"sqlite:///{tmp_path}/site.sqlite")
    ini = tmp_path / "site.ini"
    ini.write_text(
        "[app:main]\nuse = egg:authsite\nauthsite.dev = yes\n"
        "authsite.site.url = http://localhost\nauthsite.secret = for tests, of 32 letters or more\n"
        f"sqlalchemy.url = sqlite:///{tmp_path}/site.sqlite\n"
    )
    program = (
        "import sys, threading, authsite.cli\n"
        "authsite.cli.main(['urls', sys.argv[1]], standalone_mode=False)\n"
        "print(threading.active_count(), file=sys.stderr)\n"
    )
    command = (sys.executable, "-W", "ignore", "-c", program, str(ini))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == "1\n"
