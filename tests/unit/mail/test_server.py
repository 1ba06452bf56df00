"""The connection to the mail server is secured as the settings say, or there is none."""

import logging

import pytest

from authsite.mail.delivery import DeliveryResult
from tests.smtp import HANG_UP, PASSWORD, USERNAME, a_mailserver


@pytest.fixture(autouse=True)
def message(post):
    """The id of a message that waits."""
    return post.put()


@pytest.fixture
def secured(certificates, post):
    """Deliver to this port, by a connection that the tests' own authority vouches for."""

    def deliver(server, security="starttls", **mail):
        settings = {"security": security, "ca_file": str(certificates.file)} | mail
        return post.deliver(server.port, **settings)

    return deliver


def errors(caplog) -> list[str]:
    """Return the errors that the site has logged; the other server logs as well."""
    ours = [each for each in caplog.records if each.name.startswith("authsite.")]
    return [each.getMessage() for each in ours if each.levelno >= logging.ERROR]


def refusal_of(ended, server, caplog) -> str:
    """Return why nothing was sent; what an operator can change is an error in the log."""
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
def test_tls_from_the_first_byte_secures_it_too(certificates, secured):
    with a_mailserver(tls=certificates.server_of("localhost")) as server:
        assert secured(server, "tls") == DeliveryResult(delivered=1)
    assert server.received[0].encrypted


@pytest.mark.asvs("12.3.2")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_untrusted_certificate_gets_no_email(security, certificates, secured, caplog):
    context = certificates.server_of("localhost")
    with a_mailserver(**{security: context}) as server:
        said = refusal_of(secured(server, security, ca_file=None), server, caplog)
    assert "the certificate of the server is not trusted" in said
    assert "authsite.mail.ca_file" in said


@pytest.mark.asvs("12.3.2")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_with_the_certificate_of_another_gets_nothing(
    security, certificates, secured, caplog
):
    with a_mailserver(**{security: certificates.server_of("mail.example.com")}) as server:
        said = refusal_of(secured(server, security), server, caplog)
    assert "authsite.mail.host to the name in the certificate" in said


@pytest.mark.asvs("12.3.1")
def test_where_starttls_is_not_offered_nothing_is_sent(mailserver, secured, caplog):
    said = refusal_of(secured(mailserver), mailserver, caplog)
    assert "does not offer STARTTLS" in said


def test_tls_to_a_server_that_does_not_speak_it_is_no_connection(
    mailserver, secured, post, message
):
    assert secured(mailserver, "tls").server_unavailable.startswith("no connection: ")
    assert mailserver.received == []
    assert post.row(message).attempts == 1


def test_who_has_a_username_signs_in(certificates, secured):
    with a_mailserver(starttls=certificates.server_of("localhost"), login=True) as server:
        assert secured(server, username=USERNAME, password=PASSWORD) == DeliveryResult(delivered=1)
    assert server.received[0].username == USERNAME


@pytest.mark.parametrize("password", ["wrong", None, "pässword"])
def test_a_wrong_password_is_told_to_the_operator(password, certificates, secured, caplog):
    with a_mailserver(starttls=certificates.server_of("localhost"), login=True) as server:
        ended = secured(server, username=USERNAME, password=password)
        said = refusal_of(ended, server, caplog)
    assert "authsite.mail.username and authsite.mail.password" in said
    assert "wrong" not in said


def test_a_server_that_wants_a_name_gets_nothing_without(certificates, secured, caplog):
    with a_mailserver(starttls=certificates.server_of("localhost"), login=True) as server:
        said = refusal_of(secured(server), server, caplog)
    assert "authsite.mail.username" in said


def test_where_nobody_can_sign_in_that_is_told(certificates, secured, caplog):
    with a_mailserver(tls=certificates.server_of("localhost")) as server:
        ended = secured(server, "tls", username=USERNAME, password=PASSWORD)
        said = refusal_of(ended, server, caplog)
    assert "no authentication that works" in said


def test_a_login_that_fails_for_now_is_no_wrong_password(certificates, secured, caplog):
    with a_mailserver(starttls=certificates.server_of("localhost"), login=True) as server:
        server.answers["AUTH"] = ["454 4.7.0 The list of users is away"] * 2
        ended = secured(server, username=USERNAME, password=PASSWORD)
    assert "454 4.7.0" in ended.server_unavailable
    assert errors(caplog) == []


def test_a_server_that_hangs_up_at_the_login_has_not_judged_it(certificates, secured, caplog):
    with a_mailserver(starttls=certificates.server_of("localhost"), login=True) as server:
        server.answers["AUTH"] = [HANG_UP]
        ended = secured(server, username=USERNAME, password=PASSWORD)
    assert ended.server_unavailable.startswith("no connection: Connection unexpectedly closed")
    assert errors(caplog) == []


def test_a_name_that_no_server_can_have_is_a_setting_to_mend(post, mailserver, caplog):
    ended = post.deliver(mailserver.port, host="mail..example.com")
    assert "authsite.mail.host is not a host name" in refusal_of(ended, mailserver, caplog)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_certificates_that_have_gone_are_a_setting_to_mend(
    certificates, secured, tmp_path, caplog, security
):
    context = certificates.server_of("localhost")
    with a_mailserver(**{security: context}) as server:
        ended = secured(server, security, ca_file=str(tmp_path / "nothing.pem"))
    assert "can't read authsite.mail.ca_file" in refusal_of(ended, server, caplog)
