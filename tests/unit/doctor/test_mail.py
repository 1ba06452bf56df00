"""The checks of mail server, sender and outbox."""

import socket
from datetime import timedelta

import pytest

from authsite.clock import utc_now
from authsite.doctor.finding import Status
from tests.factories import a_message
from tests.mailbox import SECRET
from tests.smtp import HANG_UP, PASSWORD, USERNAME, a_mailserver
from tests.unit.doctor.findings import (
    fails,
    findings_of,
    passes,
    warns,
)

LOCAL = "http://localhost"
DEVELOPMENT = {"authsite.dev": "true", "authsite.site.url": LOCAL}


@pytest.fixture
def to(a_subject, certificates):
    """Return a site whose mail server is at this port."""

    def make(port, security="starttls", *, timeout=10.0, **mail):
        settings = {"port": str(port), "security": security, "ca_file": str(certificates.file)}
        app = {f"authsite.mail.{name}": value for name, value in (settings | mail).items()}
        return a_subject(app=app, timeout=timeout)

    return make


@pytest.fixture
def unused_port():
    """A port without a listener."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_server_passes_and_receives_nothing(to, certificates, security):
    with a_mailserver(**{security: certificates.server_of("localhost")}) as server:
        message = passes(to(server.port, security), "mail server")
    assert "its certificate expires on " in message
    assert server.connections == 1
    assert server.received == []
    assert server.greeted_by == "accounts.example.com"


def test_mail_server_checks_the_password(to, certificates):
    sign_in = {"username": USERNAME, "password": PASSWORD}
    with a_mailserver(starttls=certificates.server_of("localhost"), login=True) as server:
        passes(to(server.port, **sign_in), "mail server")
        subject = to(server.port, **sign_in | {"password": "a wrong password"})
        message = fails(subject, "mail server")
    assert "authsite.mail.username and authsite.mail.password" in message
    assert "a wrong password" not in message


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_server_rejects_the_certificate_of_another(to, certificates, security):
    with a_mailserver(**{security: certificates.server_of("mail.example.com")}) as server:
        message = fails(to(server.port, security), "mail server")
    assert "the certificate of the server is not trusted" in message


def test_mail_server_rejects_an_unknown_authority(to, certificates):
    with a_mailserver(starttls=certificates.server_of("localhost")) as server:
        message = fails(to(server.port, ca_file=None), "mail server")
    assert "the certificate of the server is not trusted" in message


def test_mail_server_warns_of_a_certificate_that_expires_soon(to, certificates):
    soon = utc_now() + timedelta(days=3)
    with a_mailserver(starttls=certificates.server_of("localhost", not_after=soon)) as server:
        message = warns(to(server.port), "mail server")
    assert f"expires on {soon:%Y-%m-%d}" in message


def test_mail_server_rejects_an_expired_certificate(to, certificates):
    ended = utc_now() - timedelta(days=1)
    context = certificates.server_of(
        "localhost", not_after=ended, not_before=ended.replace(year=2020)
    )
    with a_mailserver(starttls=context) as server:
        assert "expired" in fails(to(server.port), "mail server")


def test_mail_server_needs_tls_unless_it_is_off(to):
    with a_mailserver() as server:
        assert "does not offer STARTTLS" in fails(to(server.port), "mail server")
        assert "without TLS" in passes(to(server.port, "none"), "mail server")


def test_mail_server_must_listen(to, unused_port):
    assert "no connection: " in fails(to(unused_port), "mail server")


@pytest.mark.parametrize("answer", [HANG_UP, "421 4.3.2 Not now"])
def test_mail_server_must_accept_the_connection(to, answer):
    with a_mailserver() as server:
        server.answers |= {"EHLO": [answer], "HELO": [answer]}
        assert "localhost cannot be used: " in fails(to(server.port, "none"), "mail server")


def test_mail_server_must_answer_in_time(to):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        [found] = findings_of(to(port, "none", timeout=0.1), "mail server")
    assert found.status is Status.FAIL
    assert "no connection: " in found.message


def test_mail_server_is_not_needed_in_development(a_subject):
    changed = {"authsite.mail.host": None} | DEVELOPMENT
    assert "/dev/mail" in passes(a_subject(app=changed), "mail server")


@pytest.mark.parametrize(
    "address", [None, "a@accounts.example.com", "a@example.com", "a@mail.accounts.example.com"]
)
def test_sender_may_be_in_the_domain_of_the_site(a_subject, address):
    passes(a_subject(app={"authsite.mail.sender": address}), "sender")


@pytest.mark.parametrize(
    "address", ["a@example.org", "a@counts.example.com", "a@other.example.com"]
)
def test_sender_of_another_domain_is_a_warning(a_subject, address):
    assert address in warns(a_subject(app={"authsite.mail.sender": address}), "sender")


@pytest.fixture
def subject(a_subject, database_url):
    """A site on the database of the test."""
    return a_subject(app={"sqlalchemy.url": database_url})


def test_outbox_may_be_full_in_development(a_subject, database_url, dbsession):
    due(dbsession, days=1)
    app = {
        "sqlalchemy.url": database_url,
    } | DEVELOPMENT
    assert "/dev/mail" in passes(a_subject(app=app | {"authsite.mail.host": None}), "outbox")
    fails(a_subject(app=app), "outbox")


def due(dbsession, **since):
    """Add a message that has been due for this time."""
    a_message(dbsession, send_at=utc_now() - timedelta(**since))


def test_outbox_is_counted(subject, dbsession):
    assert passes(subject, "outbox") == "Messages: 0 waiting, 0 deferred, 0 failed."
    due(dbsession, minutes=1)
    moment = utc_now() + timedelta(hours=1)
    a_message(dbsession, next_attempt_at=moment, last_error="refused: 451 Not now")
    a_message(dbsession, next_attempt_at=None, last_error="refused: 550 No")
    assert passes(subject, "outbox") == "Messages: 1 waiting, 1 deferred, 1 failed."


@pytest.mark.parametrize(("since", "report"), [({"hours": 1}, warns), ({"days": 1}, fails)])
def test_outbox_reports_overdue_messages(subject, dbsession, since, report):
    due(dbsession, minutes=1)
    due(dbsession, **since)
    message = report(subject, "outbox")
    assert "2 waiting, " in message
    assert "No worker" in message
    [found] = findings_of(subject, "outbox")
    assert "authsite deliver" in found.fix


def test_deferred_emails_are_a_warning_after_hours(subject, dbsession):
    """Whether the next attempt is due or not; messages that were given up do not count."""
    refused = {"last_error": "refused: 451 Not now"}
    for hours, more in ((1, {}), (30, {"next_attempt_at": None})):
        a_message(dbsession, send_at=utc_now() - timedelta(hours=hours), **refused | more)
    due(dbsession, hours=5)
    assert "No email" in passes(subject, "deferred emails")
    for hours, next_attempt in ((3, -1), (7, 1)):
        since = utc_now() - timedelta(hours=hours)
        moment = utc_now() + timedelta(hours=next_attempt)
        a_message(dbsession, send_at=since, next_attempt_at=moment, **refused)
    assert f"hours: 2, the oldest since {since:%Y-%m-%d %H:%M}Z" in warns(
        subject, "deferred emails"
    )


@pytest.mark.asvs("13.3.4")
def test_decryption_fails_for_messages_of_an_unknown_secret(a_subject, database_url, dbsession):
    for message in ({}, {}, {"content": None}, {"next_attempt_at": None}):
        a_message(dbsession, **message)
    change = {"sqlalchemy.url": database_url}
    assert "2 waiting messages" in fails(a_subject(app=change), "decryption")
    passes(a_subject(app=change | {"authsite.previous_secrets": SECRET}), "decryption")
    passes(
        a_subject(app=change | {"authsite.secret": SECRET, "authsite.site.url": LOCAL}),
        "decryption",
    )
