"""Metrics for Prometheus, served on a port of their own."""

import importlib.metadata
import re
import socket
import subprocess
import sys
import urllib.request
from datetime import timedelta

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session

import authsite.telemetry.prometheus  # before a test without coverage
from authsite.clock import utc_now
from authsite.models import PurgeRun, User, UserSession
from authsite.resources import Root
from authsite.services import services_of
from authsite.settings.loader import SettingError
from tests.browsers import PASSWORD
from tests.conftest import ROOT
from tests.factories import a_message
from tests.functional.crowds import BUSY, full_queue
from tests.processes.listeners import Listener
from tests.processes.servers import until
from tests.smtp import a_mailserver

EMAIL = "ada@example.com"
SECONDS_TO_ANSWER = 30


class MeasuredSite:
    """A site with metrics, which `serve` starts to serve."""

    def __init__(self, application, address):
        self.application = application
        self.address = address
        self.metrics = services_of(application.registry).metrics

    def serve(self):
        """Serve the metrics."""
        self.metrics.start()
        return self

    def scrape(self):
        """Return the metrics as text."""
        with urllib.request.urlopen(f"http://{self.address}/metrics", None, 30) as answer:
            return answer.read().decode()

    def values(self):
        """Return the value of each series, by its name and its label, if it has one."""
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(self.scrape())
            for sample in family.samples
        }


@pytest.fixture
def watched(new_application):
    """Build another site with metrics on a port of their own."""
    sites = []

    def build(*includes, serves=True, **settings):
        address = f"127.0.0.1:{Listener().port}"
        sites.append(
            MeasuredSite(
                new_application(*includes, **settings | {"authsite.metrics.listen": address}),
                address,
            )
        )
        return sites[-1].serve() if serves else sites[-1]

    yield build
    for each in sites:
        each.metrics.stop()


@pytest.fixture
def mailserver():
    """A mail server without TLS."""
    with a_mailserver() as server:
        yield server


def is_taken(address):
    """Whether a server listens there."""
    host, _, port = address.partition(":")
    with socket.socket() as connection:
        return connection.connect_ex((host, int(port))) == 0


def test_metrics_are_served_once_started(watched, visit):
    """Neither loading the application, as commands do, nor a request serves them."""
    services = watched(serves=False)
    visit(services.application).get("/")
    assert not is_taken(services.address)
    assert "authsite_sign_ins_total" in services.serve().scrape()
    services.metrics.stop()
    assert not is_taken(services.address)


def test_site_does_not_serve_metrics(watched, visit):
    visit(watched().application).get("/metrics", status=404)


def test_metrics_port_in_use_is_only_logged(watched, visit, caplog):
    services = watched(serves=False)
    host, _, port = services.address.partition(":")
    with socket.create_server((host, int(port))):
        services.serve()
    visit(services.application).get("/")
    [error] = [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]
    assert error == (
        f"sys_metrics_bind_failed: {services.address}: Address already in use; each process needs "
        "a port of its own"
    )


def test_metrics_are_not_loaded_without_a_listen_address(tmp_path):
    """This saves memory, and the package need not be installed."""
    program = (
        "import sys, plaster, authsite, webtest\n"
        "ini = dict(plaster.get_settings('testing.ini', 'app:main'))\n"
        "site = authsite.main({}, **ini | {'sqlalchemy.url': sys.argv[1]})\n"
        "webtest.TestApp(site).get('/')\n"
        "print('prometheus_client' in sys.modules)\n"
    )
    command = (sys.executable, "-W", "ignore", "-c", program, f"sqlite:///{tmp_path}/x.sqlite")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_missing_prometheus_package_is_reported(new_application, monkeypatch, settings_of_tests):
    for name in (
        "authsite.telemetry.prometheus",
        "authsite.telemetry.collector",
        "authsite.telemetry.hash_metrics",
    ):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.delattr(authsite.telemetry, "prometheus", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(SettingError, match=r"authsite\[metrics\]"):
        new_application(**{"authsite.metrics.listen": "127.0.0.1:9101"})


def test_metric_names_follow_prometheus_conventions(watched, visit):
    """See "Metric and label naming" in the documentation of Prometheus."""
    services = watched()
    visit(services.application).get("/")
    families = list(text_string_to_metric_families(services.scrape()))
    ours = [each for each in families if each.name.startswith("authsite_")]
    assert len(ours) >= 18
    assert not [each.name for each in families if each.name.endswith("_created")]
    assert {"process_resident_memory_bytes", "process_start_time_seconds", "python_info"} <= {
        each.name for each in families
    }
    for each in ours:
        assert each.documentation.endswith((".", "(503)."))
        assert re.fullmatch("[a-z_]+", each.name)
        assert not re.search("milli|minutes|_count$|_counter|_gauge", each.name)
        if each.type == "histogram":
            assert each.name.endswith("_seconds")


def test_throttled_and_busy_sign_ins_are_counted(watched, visit):
    """Each series exists from the start; throttled attempts are counted by limit."""
    limits = {
        "authsite.throttle.sign_in_account": "1/1h",
        "authsite.throttle.sign_up_network": "1/1h",
    }
    services = watched(**BUSY | limits)
    visitor = visit(services.application)
    page = visitor.get("/sign-in")
    fields = {"email": EMAIL, "password": PASSWORD}
    before = services.values()
    for result in ("success", "wrong", "throttled", "busy", "suspended"):
        assert before["authsite_sign_ins_total", result] == 0
    with full_queue(services_of(services.application.registry).hasher):
        assert visitor.submit(page, fields).status_int == 503
        names = {"first_name": "Ada", "last_name": "L", "confirm_password": PASSWORD}
        assert visitor.submit(visitor.get("/sign-up"), fields | names).status_int == 503
    assert visitor.submit(page, fields).status_int == 422
    assert [visitor.submit(page, fields).status_int for _ in range(2)] == [429, 429]
    values = services.values()
    assert values["authsite_sign_ins_total", "busy"] == 1
    assert values["authsite_sign_ins_total", "throttled"] == 2
    assert values["authsite_throttled_total", "sign_in_account"] == 2
    assert values["authsite_throttled_total", "sign_up_network"] == 0
    assert values["authsite_hashes_refused_total",] >= 2


def test_throttled_sign_up_is_not_counted_as_sign_in(watched, visit):
    services = watched(**{"authsite.throttle.sign_up_network": "1/1h"})
    assert visit(services.application).sign_up().status_int == 303
    assert visit(services.application).sign_up(email="eve@example.com").status_int == 429
    values = services.values()
    assert values["authsite_throttled_total", "sign_up_network"] == 1
    assert values["authsite_sign_ins_total", "throttled"] == 0


def test_account_events_and_sessions_are_counted(watched, visit, services, dbsession):
    measured = watched()
    ada = visit(measured.application)
    ada.get("/")
    before = measured.values()
    assert before["authsite_events_total", "signed_up"] == 0
    assert before["authsite_sessions_ended_total", "signed_out"] == 0
    ada.sign_up()
    ada.sign_out()
    ada.sign_in()
    assert ada.get("/dashboard").status_int == 200
    visit(measured.application).sign_in(password="not that one")
    visit(measured.application).sign_in("unknown@example.com")
    dbsession.execute(
        sa.update(User).values(suspended_at=utc_now(), suspension_reason="We know why.")
    )
    dbsession.commit()
    assert visit(measured.application).sign_in().status_int == 403
    values = measured.values()
    assert values["authsite_events_total", "signed_up"] == 1
    assert values["authsite_sessions_opened_total",] == 2
    assert values["authsite_sessions_ended_total", "signed_out"] == 1
    results = {"success": 1, "wrong": 2, "suspended": 1}  # sign-ups don't count
    assert {each: values["authsite_sign_ins_total", each] for each in results} == results


def test_unverified_sign_in_is_counted_as_wrong(watched, visit):
    measured = watched(**{"authsite.email.verification": "required"})
    ada = visit(measured.application)
    ada.sign_up()
    ada.sign_in()
    values = measured.values()
    assert values["authsite_sign_ins_total", "wrong"] == 1
    assert values["authsite_sign_ins_total", "success"] == 0


def test_purge_counts_expired_sessions(watched, visit, browser, dbsession):
    measured = watched()
    visit(measured.application).get("/")
    browser.sign_up()
    dbsession.execute(sa.update(UserSession).values(expires_at=utc_now() - timedelta(hours=1)))
    dbsession.execute(sa.update(PurgeRun).values(started_at=utc_now() - timedelta(days=1)))
    dbsession.commit()
    assert services_of(measured.application.registry).purger.run_if_due(now=utc_now())
    assert measured.values()["authsite_sessions_ended_total", "expired"] == 1


def test_disabled_metrics_add_nothing_to_a_request(services):
    def policy(_environ, _router):
        raise NotImplementedError

    assert services.metrics.measured(policy) is policy


def test_requests_are_counted_and_timed_by_status_class(watched, visit):
    """Pages, redirects, refusals and errors, also those without an error page."""

    def break_off(request):
        raise RuntimeError

    def add_page(config):
        config.add_view(break_off, context=Root, name="broken", permission="public")

    services = watched(add_page)
    before = services.values()
    for status in ("2xx", "3xx", "4xx", "5xx"):
        assert before["authsite_request_seconds_count", status] == 0
    browser = visit(services.application)
    browser.get("/")
    browser.get("/account", status=303)
    for _ in range(2):
        browser.get("/nothing", status=404)
    browser.get("/broken", status=500)
    values = services.values()
    counted = {
        each: values["authsite_request_seconds_count", each] for each in ("2xx", "3xx", "4xx")
    }
    assert counted == {"2xx": 1, "3xx": 1, "4xx": 2}
    assert values["authsite_request_seconds_count", "5xx"] == 1
    assert 0 < values["authsite_request_seconds_sum", "2xx"] < SECONDS_TO_ANSWER


def test_database_errors_are_counted(watched, visit, database_outage, dbsession):
    """Those of pages and of scrapes, not those that two sign-ups at once cause."""
    services = watched()
    browser = visit(services.application)
    browser.sign_up()
    database = services_of(services.application.registry).database
    with database_outage(services_of(services.application.registry)):
        browser.get("/dashboard", status=503)
    at_pages = services.values()["authsite_database_errors_total", "unavailable"]
    assert at_pages >= 1
    user = dbsession.execute(sa.select(User.__table__)).one()._asdict()
    with database.engine.begin() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.execute(sa.insert(User.__table__).values(user))
    with database.engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as wrong:
        connection.exec_driver_sql("SELEKT 1")
    kind = "unavailable" if isinstance(wrong.value, sa.exc.OperationalError) else "other"
    before = {"unavailable": at_pages, "other": 0}
    before[kind] += 1
    values = services.values()
    assert {each: values["authsite_database_errors_total", each] for each in before} == before


def test_emails_are_counted_by_outcome(watched, mailserver, dbsession):
    mailserver.answers["RCPT"] = ["451 Not now", "550 No such user"]
    services = watched(**{"authsite.mail.port": str(mailserver.port)})
    before = services.values()
    for outcome in ("delivered", "deferred", "failed"):
        assert before["authsite_emails_total", outcome] == 0
    for _ in range(4):
        a_message(dbsession, send_at=utc_now())
    services_of(services.application.registry).mail_worker.deliver_due(now=utc_now())
    values = services.values()
    counted = {name: values["authsite_emails_total", name] for name in ("delivered", "deferred")}
    assert counted == {"delivered": 2, "deferred": 1}
    assert values["authsite_emails_total", "failed"] == 1


def test_build_and_pool_size_are_shown(watched):
    services = watched(**{"authsite.database.pool_size": "7"})
    values = services.values()
    assert values["authsite_build_info", importlib.metadata.version("authsite")] == 1
    assert values["authsite_database_connections_max", "transactions"] == 7


def test_disabled_metrics_accept_all_calls(services):
    metrics = services.metrics
    metrics.start()
    metrics.stop()
    metrics.forget()
    metrics.count_email("delivered")
    metrics.count_database_error(RuntimeError())
    metrics.count_sign_in("success")
    metrics.count_session_opened()
    metrics.count_session_ended("sign_out")
    metrics.count_event("password_changed")
    metrics.count_throttled("sign_in_account")


def test_hash_times_and_hash_queue_are_measured(watched, visit):
    services = watched(**BUSY)
    visit(services.application).sign_up()
    until(lambda: services.values()["authsite_hash_seconds_count",] == 1, "a measured hash")
    values = services.values()
    assert values["authsite_hash_wait_seconds_count",] == 1
    assert 0 < values["authsite_hash_seconds_sum",] < SECONDS_TO_ANSWER
    assert (values["authsite_hashes_running",], values["authsite_hashes_waiting",]) == (0, 0)
    with full_queue(services_of(services.application.registry).hasher):
        until(lambda: services.values()["authsite_hashes_running",] == 1, "a running hash")
        assert services.values()["authsite_hashes_waiting",] == 1


def test_outbox_is_measured_at_each_scrape(watched, visit, dbsession):
    """Deferred messages are due; scheduled and delivered ones are not."""
    services, now = watched(), utc_now()
    visit(services.application).get("/")
    assert services.values()["authsite_outbox_oldest_age_seconds",] == 0
    later = now + timedelta(days=1)
    a_message(dbsession, send_at=now - timedelta(hours=2), next_attempt_at=later)
    a_message(dbsession, send_at=now - timedelta(hours=1))
    a_message(dbsession, send_at=later)
    a_message(dbsession, send_at=now - timedelta(days=3), next_attempt_at=None)
    values = services.values()
    assert values["authsite_outbox_messages",] == 2
    assert 7200 <= values["authsite_outbox_oldest_age_seconds",] < 7200 + SECONDS_TO_ANSWER


def test_database_outage_omits_only_the_outbox_metrics(watched, visit, database_outage, caplog):
    services = watched()
    visit(services.application).get("/")
    with database_outage(services_of(services.application.registry)):
        names = {name for name, *_ in services.values()}
    assert not any(name.startswith("authsite_outbox") for name in names)
    assert {"authsite_sign_ins_total", "authsite_database_connections"} <= names
    assert "sys_metrics_retry: can't read the outbox: OperationalError" in caplog.text
    assert ("authsite_outbox_messages",) in services.values()


def test_database_connections_in_use_are_counted(watched, visit):
    services = watched()
    visit(services.application).get("/")
    database = services_of(services.application.registry).database
    with Session(database.engine) as dbsession:
        dbsession.connection()
        assert services.values()["authsite_database_connections", "transactions"] == 1
    assert services.values()["authsite_database_connections", "transactions"] == 0


@pytest.mark.asvs("14.2.4", "16.2.5")
def test_metrics_contain_no_personal_data(watched, visit):
    services = watched(**{"authsite.throttle.sign_in_account": "1/1h"})
    browser = visit(services.application)
    browser.sign_up()
    browser.sign_out()
    visitor = visit(services.application)
    for _ in range(2):
        visitor.sign_in(password="seven wrong llamas hum")
    browser.get(f"/nothing?email={EMAIL}", status=404)
    text = services.scrape()
    assert 'result="throttled"} 1.0' in text
    for word in (EMAIL, "example", "Lovelace", "llamas", "127.0.0.1", "nothing?"):
        assert word not in text
