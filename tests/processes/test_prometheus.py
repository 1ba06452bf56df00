"""Prometheus, set up as docs/monitoring.md says, scrapes a server and evaluates the alerts."""

import json
import re
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes.listeners import Listener
from tests.processes.servers import DEADLINE, FOR_LOAD, Server, until
from tests.processes.visitors import Visitor
from tests.prometheus import (
    ALERTS,
    configuration_of_the_docs,
    program,
    queries_of_the_dashboard,
)


class Prometheus:
    """A running Prometheus with one target."""

    def __init__(self, folder: Path, target: str) -> None:
        self._address = f"127.0.0.1:{Listener().port}"
        lines = configuration_of_the_docs()
        lines, times = re.subn(r"targets: \[.*\]", f'targets: ["{target}"]', lines)
        assert times == 1
        often = "global:\n  scrape_interval: 200ms\n  evaluation_interval: 200ms\n"
        (folder / "prometheus.yml").write_text(often + lines)
        (folder / "authsite-alerts.yml").write_text(ALERTS.read_text())
        self._command = [
            program("prometheus"),
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address={self._address}",
        ]
        self._log = folder / "prometheus.log"

    def __enter__(self) -> "Prometheus":
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stderr=log)
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait(DEADLINE)

    def ask(self, path: str, **query: str) -> Any:
        """Return the data that its API answers; None while it does not answer."""
        url = f"http://{self._address}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, None, DEADLINE) as answer:
                return json.load(answer)["data"]
        except OSError:
            assert self._process.poll() is None, self._log.read_text()
            return None

    def value(self, query: str) -> float | None:
        """Return the value of a query with one result at most."""
        found = self.ask("query", query=query)
        return float(found["result"][0]["value"][1]) if found and found["result"] else None


@pytest.fixture
def prometheus(tmp_path: Path, database_url: str) -> Iterator[Prometheus]:
    """Prometheus beside a server that has shown a page."""
    target = f"127.0.0.1:{Listener().port}"
    settings = FOR_LOAD | {"AUTHSITE_METRICS_LISTEN": target}
    with (
        Server(tmp_path, database_url, settings=settings) as server,
        Prometheus(tmp_path, target) as prometheus,
    ):
        assert Visitor(server).sign_up("ada@example.com").status == 303
        yield prometheus


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_prometheus_reads_metrics_alerts_and_queries(prometheus: Prometheus) -> None:
    until(lambda: prometheus.value('up{job="authsite"}') == 1, "the first scrape")
    until(lambda: prometheus.value("authsite_sessions_opened_total") == 1, "the sign-up")
    until(lambda: all(rule["health"] == "ok" for rule in rules_of(prometheus)), "the alerts")
    assert len(rules_of(prometheus)) == ALERTS.read_text().count("- alert: ")
    assert [rule["name"] for rule in rules_of(prometheus) if rule["state"] == "firing"] == []
    for query in queries_of_the_dashboard():
        until(lambda query=query: prometheus.value(query) is not None, query)


def rules_of(prometheus: Prometheus) -> list[dict[str, Any]]:
    """Return the alerts with their state."""
    return [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
