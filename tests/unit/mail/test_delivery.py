"""Delivery: each email once; a failed attempt is repeated or given up."""

import dataclasses
import logging
import threading
from datetime import timedelta

import pytest

from authsite.clock import utc_now
from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.mail.content import message_cipher
from authsite.mail.delivery import DeliveryResult
from authsite.mail.outbox import RETRY_FOR
from authsite.mail.worker import build_worker
from tests.unit.mail.conftest import LINK


@pytest.fixture(autouse=True)
def _log(caplog):
    caplog.set_level(logging.INFO, "authsite.mail")


def logged(caplog):
    """Return level and text of each log event."""
    return [(each.levelname, each.getMessage()) for each in caplog.records]


def test_due_message_is_delivered_to_its_recipient(mailserver, caplog, post):
    message = post.put()
    post.put(send_at=utc_now() + timedelta(hours=1))
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=1)
    [received] = mailserver.received
    assert received.sender == "no-reply@localhost"
    assert received.recipients == [post.row(message).recipient]
    assert received.mail["To"] == post.row(message).recipient
    assert received.mail["Subject"] == "Confirm your address"
    assert LINK in received.mail.get_body(["plain"]).get_content()
    assert post.row(message).delivered_at is not None
    assert logged(caplog) == [("INFO", f"sys_mail_delivered: verify_email {message}, attempt 1")]
    assert post.deliver(mailserver.port) == DeliveryResult()


def test_several_messages_share_one_connection(mailserver, post):
    messages = [post.put() for _ in range(5)]
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=5)
    assert {each.recipients[0] for each in mailserver.received} == {
        post.row(message).recipient for message in messages
    }
    assert mailserver.connections == 1


def test_empty_outbox_opens_no_connection(mailserver, post):
    assert post.deliver(mailserver.port) == DeliveryResult()
    assert mailserver.connections == 0


def test_ehlo_has_the_host_name_of_the_site(mailserver, post):
    post.put()
    post.deliver(mailserver.port)
    assert mailserver.greeted_by == "localhost"


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_temporary_refusal_reschedules_this_message_only(command, mailserver, caplog, post):
    first, second = post.put(), post.put()
    mailserver.answers[command] = ["451 4.7.1 Greylisted, try again"]
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=1, rescheduled=1)
    reschedule, sent = sorted(
        (post.row(first), post.row(second)), key=lambda each: each.content is None
    )
    assert reschedule.last_error == "refused: 451 4.7.1 Greylisted, try again"
    assert timedelta(seconds=1) < reschedule.next_attempt_at - utc_now() <= timedelta(seconds=10)
    assert sent.delivered_at is not None
    assert (
        "WARNING",
        f"sys_mail_deferred: verify_email {reschedule.id}, attempt 1: refused: 451 4.7.1",
    ) in (logged(caplog))
    assert mailserver.connections == 1


def test_rescheduled_message_is_delivered_when_due(mailserver, post):
    message = post.put()
    mailserver.answers["RCPT"] = ["451 4.7.1 Greylisted"]
    post.deliver(mailserver.port)
    assert post.deliver(mailserver.port) == DeliveryResult()
    post.change(message, next_attempt_at=utc_now())
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=1)
    assert (post.row(message).attempts, post.row(message).last_error) == (2, None)
    assert len(mailserver.received) == 1


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("MAIL", "553 5.7.1 Sender address rejected: not owned"),
        ("DATA", "500 Line too long."),
        ("RCPT", "503 5.5.1 Not now"),
    ],
)
def test_refusal_of_the_setup_fails_no_message(command, reply, mailserver, post):
    """A wrong setting delays emails and loses none."""
    messages = [post.put() for _ in range(3)]
    mailserver.answers[command] = [reply] * 2
    ended = post.deliver(mailserver.port)
    assert (ended.delivered, ended.rescheduled, ended.failed) == (0, 1, 0)
    assert ended.server_unavailable
    assert all(post.row(each).content for each in messages)


def test_refused_sender_is_logged_with_its_setting(mailserver, caplog, post):
    post.put()
    mailserver.answers["MAIL"] = ["553 5.7.1 Sender address rejected: not owned"]
    post.deliver(mailserver.port)
    assert "the server refuses authsite.mail.sender (553 5.7.1)" in caplog.text


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_permanent_refusal_fails_the_message(command, mailserver, caplog, post):
    first, second = post.put(), post.put()
    recipient = post.row(first).recipient
    mailserver.answers[command] = [f"550 5.1.1 <{recipient}>: unknown"]
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=1, failed=1)
    failed_message = post.row(first) if post.row(first).delivered_at is None else post.row(second)
    assert (failed_message.next_attempt_at, failed_message.content) == (None, None)
    assert failed_message.last_error == f"refused: 550 5.1.1 <{recipient}>: unknown"
    assert recipient not in caplog.text
    assert (
        f"sys_mail_failed: verify_email {failed_message.id}, attempt 1: refused: 550 5.1.1"
        in caplog.text
    )


def test_message_fails_after_three_days(mailserver, post):
    old = post.put(send_at=utc_now() - RETRY_FOR)
    younger = post.put(send_at=utc_now() - RETRY_FOR + timedelta(minutes=5))
    mailserver.answers["RCPT"] = ["451 4.7.1 Not now"] * 2
    assert post.deliver(mailserver.port) == DeliveryResult(rescheduled=1, failed=1)
    assert post.row(old).next_attempt_at is None
    assert post.row(younger).next_attempt_at is not None


@pytest.mark.asvs("14.2.4", "16.2.5")
def test_secrets_quoted_by_the_server_are_redacted(mailserver, caplog, post):
    """Spam filters may quote the link, and anyone who reads it could follow it."""
    message = post.put()
    token = LINK.rpartition("/")[2]
    mailserver.answers["DATA"] = [f"554 5.7.1 Blocked: {LINK} ({token}) \x1b[2J{'spam ' * 60}"]
    assert post.deliver(mailserver.port) == DeliveryResult(failed=1)
    last_error = post.row(message).last_error
    assert last_error.startswith("refused: 554 5.7.1 Blocked: [...] [...] [2Jspam spam")
    assert len(last_error) == 200
    for secret in (token, post.row(message).recipient, "Confirm"):
        assert secret not in caplog.text


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("421 4.3.2 Shutting down", ("WARNING", "the server answers 421 4.3.2")),
        ("530 5.7.0 Authentication required", ("ERROR", "the server requires authentication")),
    ],
)
def test_refusal_of_every_message_ends_the_delivery(reply, expected, mailserver, caplog, post):
    messages = [post.put() for _ in range(3)]
    mailserver.answers["MAIL"] = [reply]
    ended = post.deliver(mailserver.port)
    assert (ended.rescheduled, ended.delivered, ended.failed) == (1, 0, 0)
    assert ended.server_unavailable
    assert sorted(post.row(each).attempts for each in messages) == [0, 0, 1]
    assert all(post.row(each).next_attempt_at for each in messages)
    [event] = [each for each in logged(caplog) if each[1].startswith("sys_mail_server_unavailable")]
    assert event[0] == expected[0]
    assert expected[1] in event[1]


def test_unavailable_server_is_contacted_once(unused_port, caplog, post):
    messages = [post.put() for _ in range(3)]
    ended = post.deliver(unused_port)
    assert ended.rescheduled == 1
    assert "Connection refused" in ended.server_unavailable
    assert sorted(post.row(each).attempts for each in messages) == [0, 0, 1]
    assert "WARNING" in {level for level, text in logged(caplog) if "server_unavailable" in text}


def test_closed_connection_is_opened_again(mailserver, post):
    for _ in range(2):
        post.put()
    mailserver.answers["RSET"] = ["421 4.4.2 Idle for too long"]
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=2)
    assert mailserver.connections == 2


def test_hanging_server_times_out(mailserver, post):
    message = post.put()
    mailserver.hangs = True
    ended = post.deliver(mailserver.port, timeout=timedelta(seconds=1))
    assert "timed out" in ended.server_unavailable
    assert post.row(message).next_attempt_at > utc_now()
    assert post.row(message).last_error.startswith("the connection broke off")


def test_server_that_refuses_the_greeting_is_unavailable(mailserver, post):
    post.put()
    mailserver.answers |= {name: ["550 5.7.1 We know you"] for name in ("EHLO", "HELO")}
    assert "the server answers 550" in post.deliver(mailserver.port).server_unavailable


def test_broken_message_does_not_stop_others(mailserver, caplog, post):
    broken = post.put(subject=None, send_at=utc_now() - timedelta(minutes=1))
    post.put()
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=1, rescheduled=1)
    assert post.row(broken).last_error == "an error in the site: TypeError"
    assert f"sys_mail_crash: verify_email {broken}, attempt 1: TypeError in " in caplog.text


def test_message_of_an_unknown_secret_waits_and_stops_no_other(mailserver, caplog, post):
    message = post.put(send_at=utc_now() - timedelta(minutes=1))
    encrypted = post.row(message).content
    post.change(message, content=message_cipher([b"another"]).encrypt(b"[]", place=()))
    post.put()
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=1, rescheduled=1)
    row = post.row(message)
    assert "authsite.previous_secrets" in row.last_error
    assert timedelta(seconds=1) < row.next_attempt_at - utc_now() <= timedelta(seconds=10)
    event = f"sys_mail_undecryptable: verify_email {message}, attempt 1: "
    assert ("ERROR", f"{event}{row.last_error}") in logged(caplog)
    post.change(message, content=encrypted, next_attempt_at=utc_now())
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=1)


def test_message_of_an_unknown_secret_fails_after_three_days(mailserver, post):
    message = post.put(send_at=utc_now() - RETRY_FOR)
    other = message_cipher([b"another"])
    assert post.deliver(mailserver.port, other) == DeliveryResult(failed=1)
    row = post.row(message)
    assert (row.next_attempt_at, row.content) == (None, None)
    assert "authsite.previous_secrets" in row.last_error


@pytest.mark.asvs("11.2.2", "13.3.4")
def test_message_of_a_previous_secret_is_delivered(mailserver, services, post):
    post.put()
    cipher = message_cipher([b"a new secret", services.settings.secret])
    assert post.deliver(mailserver.port, cipher) == DeliveryResult(delivered=1)
    assert LINK in mailserver.received[0].mail.get_body(["plain"]).get_content()


@pytest.mark.asvs("11.2.5")
def test_damaged_message_fails_at_once_and_stops_no_other(mailserver, caplog, post):
    damaged = post.put(send_at=utc_now() - timedelta(minutes=1))
    post.change(damaged, content=post.row(damaged).content[:-1])
    post.put()
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=1, failed=1)
    row = post.row(damaged)
    assert (row.next_attempt_at, row.last_error) == (None, "its encrypted content is damaged")
    assert f"sys_mail_undecryptable: verify_email {damaged}, attempt 1: " in caplog.text


def test_message_from_before_migration_0009_is_delivered(mailserver, post):
    message = post.put(content=None, text=f"Open {LINK}", html="<p>Open it")
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=1)
    assert LINK in mailserver.received[0].mail.get_body(["plain"]).get_content()
    assert (post.row(message).text, post.row(message).html) == (None, None)


def test_delivery_after_the_lease_is_logged(mailserver, caplog, post):
    """Another worker has leased the message meanwhile; its result counts."""
    message = post.put()
    later = utc_now() + timedelta(hours=1)

    def meanwhile():
        post.change(message, next_attempt_at=later)

    mailserver.on_data = meanwhile
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=1)
    assert post.row(message).next_attempt_at == later
    assert f"sys_mail_late: verify_email {message}" in caplog.text


def test_development_without_a_server_delivers_nothing(worker_to, post):
    message = post.put()
    mail_worker = worker_to(0, host=None)
    assert not mail_worker.delivers
    assert mail_worker.deliver_due(now=utc_now()) == DeliveryResult()
    assert post.row(message).attempts == 0


@pytest.fixture
def locked_while_sending(services, mailserver):
    """Lock the database for a moment while a message is sent; return a factory of workers."""
    database = Database(services.database.engine.url, pool_size=1, timeout=timedelta(seconds=1))

    def lock():
        mailserver.on_data = lambda: None
        connection = services.database.write_engine.connect()
        connection.begin()
        if not services.database.is_sqlite:
            connection.exec_driver_sql("LOCK TABLE authsite_outbox_message IN EXCLUSIVE MODE")
        threading.Timer(1.5, connection.close).start()

    def build(timeout):
        mail = dataclasses.replace(
            services.settings.mail, host="127.0.0.1", port=mailserver.port, timeout=timeout
        )
        mailserver.on_data = lock
        settings = dataclasses.replace(services.settings, mail=mail)
        return build_worker(
            settings, database, services.message_cipher, count=services.metrics.count_email
        )

    yield build
    database.dispose()


def test_short_database_outage_sends_no_email_twice(locked_while_sending, mailserver, post):
    message = post.put()
    mail_worker = locked_while_sending(timedelta(seconds=10))
    assert mail_worker.deliver_due(now=utc_now()) == DeliveryResult(delivered=1)
    assert post.row(message).delivered_at
    assert (post.row(message).attempts, len(mailserver.received)) == (1, 1)


def test_message_not_marked_within_its_lease_is_sent_again(locked_while_sending, post):
    message = post.put()
    mail_worker = locked_while_sending(timedelta(milliseconds=50))
    with pytest.raises(DATABASE_UNAVAILABLE):
        mail_worker.deliver_due(now=utc_now())
    assert post.row(message).delivered_at is None
    assert post.row(message).content
