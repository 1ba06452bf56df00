"""Prometheus and its promtool, from Debian's package."""

import json
import os
import re
import shutil
import subprocess
import urllib.request

import pytest

from tests.conftest import ROOT

ALERTS = ROOT / "deploy" / "prometheus-alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana-dashboard.json"
MONITORING = ROOT / "docs" / "monitoring.md"
_IS_MISSING = "promtool is missing. To get it on Debian: sudo apt-get install prometheus"


def program(name: str) -> str:
    """Return the path of a program; without it the tests are skipped, but fail in CI."""
    path = f"{os.environ.get('PATH', '')}:{ROOT}/.cache/prometheus/usr/bin"
    found = shutil.which(name, path=path)
    if found is None:
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop(_IS_MISSING)
    return found


def configuration_of_the_docs() -> str:
    """Return the lines for prometheus.yml that docs/monitoring.md shows."""
    [block] = re.findall(r"```yaml\n(.*?)```", MONITORING.read_text("utf-8"), re.DOTALL)
    return str(block)


def queries_of_the_dashboard() -> list[str]:
    """Return the queries of its panels, for the job of the docs and a range."""
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    return [
        target["expr"].replace("$job", "authsite").replace("$__rate_interval", "5m")
        for panel in panels
        for target in panel["targets"]
    ]


def promtool(*arguments: str, stdin: str = "") -> str:
    """Run promtool, which must succeed; return its output."""
    done = subprocess.run(
        [program("promtool"), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def scraped(address: str) -> str:
    """Return the metrics that are served at this address."""
    with urllib.request.urlopen(f"http://{address}/metrics", None, 30) as answer:
        return str(answer.read(), "utf-8")


def is_served(address: str) -> bool:
    """Whether a process of the site serves metrics at this address."""
    try:
        return "authsite_build_info" in scraped(address)
    except OSError:
        return False
