"""Whether mails can leave, and do."""

import socket
from datetime import timedelta

import pytest

from authsite.checks.finding import Status
from authsite.clock import utc_now
from tests.factories import a_message
from tests.smtp import HANG_UP, PASSWORD, USERNAME, a_mailserver
from tests.unit.checks.saying import (
    is_doubtful,
    is_fine,
    is_wrong,
    looked_at,
    looked_at_in_time,
)


@pytest.fixture
def to(a_setup, certificates):
    """Make a setup whose mail server is at this port."""

    def make(port, security="starttls", *, patience=10.0, **mail):
        said = {"port": str(port), "security": security, "ca_file": str(certificates.file)}
        app = {f"authsite.mail.{name}": value for name, value in (said | mail).items()}
        return a_setup(app=app, patience=patience)

    return make


@pytest.fixture
def unused_port():
    """A port at which nobody listens."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_with_a_certificate_is_fine_and_is_sent_nothing(to, certificates, security):
    with a_mailserver(**{security: certificates.server_of("localhost")}) as server:
        said = is_fine(to(server.port, security), "mail server")
    assert "; its certificate is good until " in said
    assert server.connections == 1
    assert server.received == []
    assert server.greeted_by == "accounts.example.com"


def test_who_has_a_username_is_signed_in(to, certificates):
    login = {"username": USERNAME, "password": PASSWORD}
    with a_mailserver(starttls=certificates.server_of("localhost"), login=True) as server:
        is_fine(to(server.port, **login), "mail server")
        setup = to(server.port, **login | {"password": "a wrong password"})
        said = is_wrong(setup, "mail server")
    assert "authsite.mail.username and authsite.mail.password" in said
    assert "a wrong password" not in said


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_another_is_wrong(to, certificates, security):
    with a_mailserver(**{security: certificates.server_of("mail.example.com")}) as server:
        said = is_wrong(to(server.port, security), "mail server")
    assert "its certificate cannot be trusted" in said


def test_a_certificate_that_nobody_vouches_for_is_wrong(to, certificates):
    with a_mailserver(starttls=certificates.server_of("localhost")) as server:
        said = is_wrong(to(server.port, ca_file=None), "mail server")
    assert "its certificate cannot be trusted" in said


def test_a_certificate_that_ends_soon_is_doubtful(to, certificates):
    soon = utc_now() + timedelta(days=3)
    with a_mailserver(starttls=certificates.server_of("localhost", not_after=soon)) as server:
        said = is_doubtful(to(server.port), "mail server")
    assert f"its certificate ends on {soon:%Y-%m-%d}" in said


def test_a_certificate_that_has_ended_is_wrong(to, certificates):
    ended = utc_now() - timedelta(days=1)
    context = certificates.server_of(
        "localhost", not_after=ended, not_before=ended.replace(year=2020)
    )
    with a_mailserver(starttls=context) as server:
        assert "expired" in is_wrong(to(server.port), "mail server")


def test_a_server_without_tls_is_wrong_unless_that_is_asked_for(to):
    with a_mailserver() as server:
        assert "does not offer STARTTLS" in is_wrong(to(server.port), "mail server")
        assert "without TLS" in is_fine(to(server.port, "none"), "mail server")


def test_nobody_at_the_port_is_wrong(to, unused_port):
    assert "no connection: " in is_wrong(to(unused_port), "mail server")


@pytest.mark.parametrize("answer", [HANG_UP, "421 4.3.2 Not now"])
def test_a_server_that_does_not_want_us_is_wrong(to, answer):
    with a_mailserver() as server:
        server.answers |= {"EHLO": [answer], "HELO": [answer]}
        assert "localhost cannot be used: " in is_wrong(to(server.port, "none"), "mail server")


def test_a_server_that_is_silent_is_waited_for_a_bounded_time(to):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        found = looked_at_in_time(to(port, "none", patience=0.1), "mail server")
    assert found.status is Status.WRONG
    assert "no connection: " in found.seen


def test_in_development_there_is_no_server(a_setup):
    changed = {"authsite.dev": "true", "authsite.mail.host": None}
    assert "/dev/mail" in is_fine(a_setup(app=changed), "mail server")


@pytest.mark.parametrize(
    "address", [None, "a@accounts.example.com", "a@example.com", "a@mail.accounts.example.com"]
)
def test_a_sender_of_the_sites_domain_is_fine(a_setup, address):
    is_fine(a_setup(app={"authsite.mail.sender": address}), "sender")


@pytest.mark.parametrize(
    "address", ["a@example.org", "a@counts.example.com", "a@other.example.com"]
)
def test_a_sender_of_another_domain_is_doubtful(a_setup, address):
    said = is_doubtful(a_setup(app={"authsite.mail.sender": address}), "sender")
    assert address in said


@pytest.fixture
def setup(a_setup, database_url):
    """A site on the database of the test."""
    return a_setup(app={"sqlalchemy.url": database_url})


def test_in_development_mails_wait_for_whoever_looks(a_setup, database_url, dbsession):
    due(dbsession, days=1)
    app = {"sqlalchemy.url": database_url, "authsite.dev": "true"}
    assert "/dev/mail" in is_fine(a_setup(app=app | {"authsite.mail.host": None}), "outbox")
    is_wrong(a_setup(app=app), "outbox")


def due(dbsession, **since):
    """Put a message into the outbox that is due since then."""
    a_message(dbsession, send_at=utc_now() - timedelta(**since))


def test_an_outbox_is_counted(setup, dbsession):
    assert is_fine(setup, "outbox") == "0 wait, 0 put off, 0 given up"
    due(dbsession, minutes=1)
    moment = utc_now() + timedelta(hours=1)
    a_message(dbsession, next_attempt_at=moment, last_error="refused: 451 Not now")
    a_message(dbsession, next_attempt_at=None, last_error="refused: 550 No")
    assert is_fine(setup, "outbox") == "1 wait, 1 put off, 1 given up"


@pytest.mark.parametrize(("since", "judge"), [({"hours": 1}, is_doubtful), ({"days": 1}, is_wrong)])
def test_a_message_that_nobody_takes_is_told(setup, dbsession, since, judge):
    due(dbsession, minutes=1)
    due(dbsession, **since)
    said = judge(setup, "outbox")
    assert said.startswith("2 wait, ")
    assert "nobody has taken it" in said
    [found] = looked_at(setup, "outbox")
    assert "authsite deliver" in found.mend
