"""Alerts and dashboard of deploy/: valid, about metrics that exist, and fired by their causes."""

import json
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from authsite.services import services_of
from authsite.settings.parsers import listen_address
from authsite.telemetry.prometheus import PrometheusMetrics
from tests.processes.listeners import Listener
from tests.prometheus import (
    ALERTS,
    MONITORING,
    configuration_of_the_docs,
    promtool,
    queries_of_the_dashboard,
    scraped,
)

pytestmark = pytest.mark.one_database
#: What Prometheus adds to each target.
OF_PROMETHEUS = {"up"}


def named_in(text):
    """Return the metrics that a text names."""
    return set(re.findall(r"\b(?:authsite|process|python)_[a-z_]+[a-z]\b|\bup\b", text))


@pytest.fixture
def exposition(application):
    """What a process of the site serves, on any database."""
    services = services_of(application.registry)
    address = listen_address(f"127.0.0.1:{Listener().port}")
    metrics = PrometheusMetrics(address, throttles=vars(services.settings.throttle))
    metrics.watch(services.hasher.queue, services.database)
    metrics.start()
    yield scraped(str(address))
    metrics.stop()


def test_promtool_accepts_the_metrics(exposition):
    """It also reports names and units that break the conventions."""
    promtool("check", "metrics", stdin=exposition)


def test_promtool_accepts_the_alerts():
    assert "SUCCESS" in promtool("check", "rules", str(ALERTS))


def test_promtool_accepts_the_queries_of_the_dashboard(tmp_path):
    rules = [
        {"record": f"panel:{number}", "expr": expr}
        for number, expr in enumerate(queries_of_the_dashboard())
    ]
    file = tmp_path / "rules.yml"  # JSON is YAML
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", str(file))


def test_promtool_accepts_the_configuration_of_the_docs(tmp_path):
    (tmp_path / "prometheus.yml").write_text(configuration_of_the_docs())
    (tmp_path / "authsite-alerts.yml").write_text(ALERTS.read_text())
    output = promtool("check", "config", str(tmp_path / "prometheus.yml"))
    assert "1 rule files found" in output


def test_every_named_metric_exists(exposition):
    exist = {
        sample.name
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    } | OF_PROMETHEUS
    assert len(named_in(ALERTS.read_text()) & exist) > 10
    for text in (
        *re.findall(r"expr: (.*?)\n +(?:for|labels):", ALERTS.read_text(), re.DOTALL),
        *queries_of_the_dashboard(),
    ):
        assert named_in(text)
        assert named_in(text) <= exist, text


def test_docs_describe_every_metric(exposition):
    """A histogram by its name, and those of process and Python as groups."""
    families = {family.name for family in text_string_to_metric_families(exposition)}
    page = MONITORING.read_text()
    ours = [name for name in families if name.startswith("authsite_")]
    assert [name for name in ours if not re.search(rf"`{name}(?:_total|_info)?`", page)] == []


def test_docs_describe_every_alert():
    alerts = re.findall(r"alert: (\w+)", ALERTS.read_text())
    assert len(alerts) > 10
    page = MONITORING.read_text()
    assert [name for name in alerts if f"`{name}`" not in page] == []


#: Series of a site without a fault, a value a minute for two hours.
HEALTHY = {
    'up{job="authsite", instance="a"}': "1x120",
    'authsite_build_info{version="1"}': "1x120",
    'authsite_request_seconds_count{status="2xx"}': "0+600x120",
    'authsite_request_seconds_count{status="5xx"}': "0x120",
    'authsite_request_seconds_bucket{le="0.1"}': "0+600x120",
    'authsite_request_seconds_bucket{le="5.0"}': "0+600x120",
    'authsite_request_seconds_bucket{le="+Inf"}': "0+600x120",
    'authsite_hash_wait_seconds_bucket{le="0.1"}': "0+60x120",
    'authsite_hash_wait_seconds_bucket{le="5.0"}': "0+60x120",
    'authsite_hash_wait_seconds_bucket{le="+Inf"}': "0+60x120",
    "authsite_hashes_refused_total": "0x120",
    'authsite_sign_ins_total{result="wrong"}': "0+1x120",
    'authsite_database_errors_total{kind="unavailable"}': "0x120",
    'authsite_database_errors_total{kind="other"}': "0x120",
    'authsite_database_connections{instance="a", pool="reads"}': "2x120",
    'authsite_database_connections_max{instance="a", pool="reads"}': "16x120",
    "authsite_outbox_messages": "3x120",
    "authsite_outbox_oldest_age_seconds": "60x120",
    'authsite_emails_total{outcome="delivered"}': "0+5x120",
    'authsite_emails_total{outcome="failed"}': "0x120",
    'process_resident_memory_bytes{job="authsite"}': "90000000x120",
    'process_start_time_seconds{job="authsite"}': "1000x120",
}
MISSING = "_x120"
#: The series that fire each alert.
CAUSES = {
    "AuthsiteDown": {'up{job="authsite", instance="a"}': "1x100 0x20"},
    "AuthsiteDatabaseUnavailable": {
        'authsite_database_errors_total{kind="unavailable"}': "0x100 1+1x20"
    },
    "AuthsiteDatabaseUnreachable": {"authsite_outbox_messages": MISSING},
    "AuthsiteDatabaseError": {'authsite_database_errors_total{kind="other"}': "0x110 1x10"},
    "AuthsiteConnectionsExhausted": {
        'authsite_database_connections{instance="a", pool="reads"}': "15x120"
    },
    "AuthsiteErrors": {'authsite_request_seconds_count{status="5xx"}': "0+20x120"},
    "AuthsiteSlow": {
        'authsite_request_seconds_bucket{le="0.1"}': "0+500x120",
    },
    "AuthsiteHashesRefused": {"authsite_hashes_refused_total": "0+1x120"},
    "AuthsiteHashesWait": {'authsite_hash_wait_seconds_bucket{le="0.1"}': "0+50x120"},
    "AuthsitePasswordGuessing": {'authsite_sign_ins_total{result="wrong"}': "0+90x120"},
    "AuthsiteEmailsNotDelivered": {
        "authsite_outbox_oldest_age_seconds": "0+60x120",
        'authsite_emails_total{outcome="delivered"}': "9x120",
    },
    "AuthsiteEmailsDeferred": {"authsite_outbox_oldest_age_seconds": "15000x120"},
    "AuthsiteEmailsFail": {'authsite_emails_total{outcome="failed"}': "0+1x120"},
    "AuthsiteMemory": {'process_resident_memory_bytes{job="authsite"}': "90000000+3000000x120"},
    "AuthsiteRestarts": {'process_start_time_seconds{job="authsite"}': "1000+200x120"},
    "AuthsiteVersionsDiffer": {'authsite_build_info{version="2"}': "1x120"},
}


def case(name, series, *, firing):
    """Return a test of promtool: after two hours, exactly these alerts fire."""
    return {
        "name": name,
        "interval": "1m",
        "input_series": [
            {"series": series_name, "values": values} for series_name, values in series.items()
        ],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": "2h",
                "exp_samples": [
                    {"labels": f'{{alertname="{each}"}}', "value": 1} for each in firing
                ],
            }
        ],
    }


def test_each_alert_is_fired_by_its_cause_alone(tmp_path):
    assert set(CAUSES) == set(re.findall(r"alert: (\w+)", ALERTS.read_text()))
    tests = [case("no fault", HEALTHY, firing=[])]
    tests += [case(name, HEALTHY | cause, firing=[name]) for name, cause in CAUSES.items()]
    file = tmp_path / "tests.yml"
    file.write_text(json.dumps({"rule_files": [str(ALERTS)], "tests": tests}))
    assert "SUCCESS" in promtool("test", "rules", str(file))
