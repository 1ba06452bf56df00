"""The checks of the address that metrics are served at, and of its port."""

import contextlib
import socket
import threading

import pytest

from authsite.settings.parsers import listen_address
from authsite.telemetry.prometheus import PrometheusMetrics
from tests.processes.listeners import Listener
from tests.unit.doctor.findings import fails, passes, warns

KEY = "authsite.metrics.listen"
SECOND = {"server:second": {"use": "main", "listen": "127.0.0.1:6544"}}


def test_metrics_may_be_off(a_subject):
    assert "off" in passes(a_subject(), "metrics")


@pytest.mark.parametrize("listen", ["127.0.0.1:9101", "[::1]:9101", "metrics.internal:9101"])
def test_metrics_accept_an_address_of_their_own(a_subject, listen):
    assert listen in passes(a_subject(app={KEY: listen}), "metrics")


@pytest.mark.parametrize("listen", ["0.0.0.0:9101", "[::]:9101"])
def test_metrics_on_all_interfaces_are_a_warning(a_subject, listen):
    assert "every network" in warns(a_subject(app={KEY: listen}), "metrics")


def test_metrics_at_the_address_of_the_site_fail(a_subject):
    for listen in ("127.0.0.1:6543", "127.0.0.1:6542-6544"):
        assert fails(a_subject(app={KEY: listen}), "metrics").endswith(" on 127.0.0.1:6543.")


def test_metrics_of_two_servers_at_one_address_are_a_warning(a_subject):
    subject = a_subject(app={KEY: "127.0.0.1:9101"}, more=SECOND)
    assert "2 servers would serve metrics at" in warns(subject, "metrics")
    passes(a_subject(app={KEY: "127.0.0.1:9101-9102"}, more=SECOND), "metrics")


def test_metrics_may_be_set_for_each_process(a_subject):
    subject = a_subject(more=SECOND, environ={"AUTHSITE_METRICS_LISTEN": "127.0.0.1:9102"})
    assert "127.0.0.1:9102" in passes(subject, "metrics")


def test_metrics_port_is_not_needed_without_metrics(a_subject):
    assert "off" in passes(a_subject(), "metrics port")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_metrics_port_is_free(a_subject, host):
    listen = f"{host}:{Listener().port}"
    assert f"at {listen}." in passes(a_subject(app={KEY: listen}), "metrics port")


def test_metrics_port_of_the_running_site_passes(a_subject):
    listen = listen_address(f"127.0.0.1:{Listener().port}")
    metrics = PrometheusMetrics(listen, throttles=())
    metrics.start()
    assert f"at {listen}." in passes(a_subject(app={KEY: str(listen)}), "metrics port")
    metrics.stop()


def answer(listening, content):
    """Answer every connection with this content."""
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(content)


@pytest.mark.parametrize("content", [b"HTTP/1.0 200 OK\r\n\r\nnode_load1 1", b"+OK ready", b""])
def test_metrics_port_of_another_program_is_a_warning(a_subject, content):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, args=(listening, content), daemon=True)
        thread.start()
        listen = f"127.0.0.1:{listening.getsockname()[1]}"
        message = warns(a_subject(app={KEY: listen}), "metrics port")
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert message == f"Metrics cannot be served at {listen}: Address already in use."


def test_metrics_ports_are_all_looked_at(a_subject):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        subject = a_subject(app={KEY: f"127.0.0.1:{port - 1}-{port}"}, timeout=0.1)
        assert f"127.0.0.1:{port}: Address already in use." in warns(subject, "metrics port")


def test_metrics_port_of_another_machine_is_a_warning(a_subject):
    subject = a_subject(app={KEY: "192.0.2.7:9101"}, timeout=0.1)
    assert "Cannot assign requested address" in warns(subject, "metrics port")
