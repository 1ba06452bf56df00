"""Connections to the mail server: secured as configured, or refused."""

import logging

import pytest

from authsite.mail.delivery import DeliveryResult
from tests.smtp import HANG_UP, PASSWORD, USERNAME, a_mailserver


@pytest.fixture(autouse=True)
def message(post):
    """The id of a message that is due."""
    return post.put()


@pytest.fixture
def secured(certificates, post):
    """Deliver to a server, trusting the certificate authority of the tests."""

    def deliver(server, security="starttls", **mail):
        settings = {"security": security, "ca_file": str(certificates.file)} | mail
        return post.deliver(server.port, **settings)

    return deliver


def errors(caplog) -> list[str]:
    """Return the errors logged by the site, without those of the test server."""
    ours = [each for each in caplog.records if each.name.startswith("authsite.")]
    return [each.getMessage() for each in ours if each.levelno >= logging.ERROR]


def refusal_of(ended, server, caplog) -> str:
    """Return the logged error that explains why no email was sent."""
    assert server.received == []
    assert (ended.delivered, ended.failed, ended.rescheduled) == (0, 0, 1)
    [error] = errors(caplog)
    assert error == f"sys_mail_server_unavailable: {ended.server_unavailable}"
    return error


@pytest.mark.asvs("12.3.1")
def test_starttls_secures_the_connection(certificates, secured, post, message):
    with a_mailserver(starttls=certificates.server_of("localhost")) as server:
        assert secured(server) == DeliveryResult(delivered=1)
    [received] = server.received
    assert received.encrypted
    assert received.recipients == [post.row(message).recipient]


@pytest.mark.asvs("12.3.1")
def test_implicit_tls_secures_the_connection(certificates, secured):
    with a_mailserver(tls=certificates.server_of("localhost")) as server:
        assert secured(server, "tls") == DeliveryResult(delivered=1)
    assert server.received[0].encrypted


@pytest.mark.asvs("12.3.2")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_untrusted_certificate_gets_no_email(security, certificates, secured, caplog):
    context = certificates.server_of("localhost")
    with a_mailserver(**{security: context}) as server:
        error = refusal_of(secured(server, security, ca_file=None), server, caplog)
    assert "the certificate of the server is not trusted" in error
    assert "authsite.mail.ca_file" in error


@pytest.mark.asvs("12.3.2")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_certificate_of_another_host_gets_no_email(security, certificates, secured, caplog):
    with a_mailserver(**{security: certificates.server_of("mail.example.com")}) as server:
        error = refusal_of(secured(server, security), server, caplog)
    assert "authsite.mail.host to the name in the certificate" in error


@pytest.mark.asvs("12.3.1")
def test_server_without_starttls_gets_no_email(mailserver, secured, caplog):
    error = refusal_of(secured(mailserver), mailserver, caplog)
    assert "does not offer STARTTLS" in error


def test_tls_to_a_plain_server_is_no_connection(mailserver, secured, post, message):
    assert secured(mailserver, "tls").server_unavailable.startswith("no connection: ")
    assert mailserver.received == []
    assert post.row(message).attempts == 1


def test_username_and_password_authenticate(certificates, secured):
    with a_mailserver(starttls=certificates.server_of("localhost"), login=True) as server:
        assert secured(server, username=USERNAME, password=PASSWORD) == DeliveryResult(delivered=1)
    assert server.received[0].username == USERNAME


@pytest.mark.parametrize("password", ["wrong", None, "pässword"])
def test_wrong_password_is_logged_with_its_settings(password, certificates, secured, caplog):
    with a_mailserver(starttls=certificates.server_of("localhost"), login=True) as server:
        ended = secured(server, username=USERNAME, password=password)
        error = refusal_of(ended, server, caplog)
    assert "authsite.mail.username and authsite.mail.password" in error
    assert "wrong" not in error


def test_missing_username_is_logged_with_its_setting(certificates, secured, caplog):
    with a_mailserver(starttls=certificates.server_of("localhost"), login=True) as server:
        error = refusal_of(secured(server), server, caplog)
    assert "authsite.mail.username" in error


def test_server_without_authentication_is_logged(certificates, secured, caplog):
    with a_mailserver(tls=certificates.server_of("localhost")) as server:
        ended = secured(server, "tls", username=USERNAME, password=PASSWORD)
        error = refusal_of(ended, server, caplog)
    assert "no authentication that works" in error


def test_temporary_failure_of_authentication_is_no_error(certificates, secured, caplog):
    with a_mailserver(starttls=certificates.server_of("localhost"), login=True) as server:
        server.answers["AUTH"] = ["454 4.7.0 The list of users is away"] * 2
        ended = secured(server, username=USERNAME, password=PASSWORD)
    assert "454 4.7.0" in ended.server_unavailable
    assert errors(caplog) == []


def test_connection_lost_in_authentication_is_no_error(certificates, secured, caplog):
    with a_mailserver(starttls=certificates.server_of("localhost"), login=True) as server:
        server.answers["AUTH"] = [HANG_UP]
        ended = secured(server, username=USERNAME, password=PASSWORD)
    assert ended.server_unavailable.startswith("no connection: Connection unexpectedly closed")
    assert errors(caplog) == []


def test_malformed_host_is_logged_with_its_setting(post, mailserver, caplog):
    ended = post.deliver(mailserver.port, host="mail..example.com")
    assert "authsite.mail.host is not a host name" in refusal_of(ended, mailserver, caplog)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_missing_ca_file_is_logged_with_its_setting(
    certificates, secured, tmp_path, caplog, security
):
    context = certificates.server_of("localhost")
    with a_mailserver(**{security: context}) as server:
        ended = secured(server, security, ca_file=str(tmp_path / "nothing.pem"))
    assert "can't read authsite.mail.ca_file" in refusal_of(ended, server, caplog)
