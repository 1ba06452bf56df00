"""What is in the outbox arrives, once, and what cannot arrive is tried again or given up."""

import dataclasses
import logging
import threading
from datetime import timedelta

import pytest

from authsite.clock import utc_now
from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.mail.delivery import DeliveryResult
from authsite.mail.outbox import RETRY_FOR
from authsite.mail.worker import build_worker
from tests.unit.mail.conftest import LINK


@pytest.fixture(autouse=True)
def _log(caplog):
    caplog.set_level(logging.INFO, "authsite.mail")


def logged(caplog):
    """Return the events of the log, level and text."""
    return [(each.levelname, each.getMessage()) for each in caplog.records]


def test_what_is_due_arrives_and_says_for_whom_it_is(mailserver, caplog, post):
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


def test_several_messages_go_over_one_connection(mailserver, post):
    messages = [post.put() for _ in range(5)]
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=5)
    assert {each.recipients[0] for each in mailserver.received} == {
        post.row(message).recipient for message in messages
    }
    assert mailserver.connections == 1


def test_where_nothing_is_due_nobody_is_called(mailserver, post):
    assert post.deliver(mailserver.port) == DeliveryResult()
    assert mailserver.connections == 0


def test_the_server_is_told_the_name_of_the_site(mailserver, post):
    post.put()
    post.deliver(mailserver.port)
    assert mailserver.greeted_by == "localhost"


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_what_is_refused_for_now_is_put_off_and_the_next_is_sent(command, mailserver, caplog, post):
    first, second = post.put(), post.put()
    mailserver.answers[command] = ["451 4.7.1 Greylisted, try again"]
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=1, rescheduled=1)
    reschedule, sent = sorted(
        (post.row(first), post.row(second)), key=lambda each: each.text is None
    )
    assert reschedule.last_error == "refused: 451 4.7.1 Greylisted, try again"
    assert timedelta(seconds=1) < reschedule.next_attempt_at - utc_now() <= timedelta(seconds=10)
    assert sent.delivered_at is not None
    assert (
        "WARNING",
        f"sys_mail_deferred: verify_email {reschedule.id}, attempt 1: refused: 451 4.7.1",
    ) in (logged(caplog))
    assert mailserver.connections == 1


def test_what_was_put_off_arrives_when_its_time_has_come(mailserver, post):
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
def test_what_is_not_about_the_message_loses_none(command, reply, mailserver, post):
    """A setting that is wrong for an evening costs a wait, and no mail."""
    messages = [post.put() for _ in range(3)]
    mailserver.answers[command] = [reply] * 2
    ended = post.deliver(mailserver.port)
    assert (ended.delivered, ended.rescheduled, ended.failed) == (0, 1, 0)
    assert ended.server_unavailable
    assert all(post.row(each).text for each in messages)


def test_who_may_not_send_is_told_which_setting_is_wrong(mailserver, caplog, post):
    post.put()
    mailserver.answers["MAIL"] = ["553 5.7.1 Sender address rejected: not owned"]
    post.deliver(mailserver.port)
    assert "the server refuses authsite.mail.sender (553 5.7.1)" in caplog.text


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_what_is_refused_for_good_is_given_up_at_once(command, mailserver, caplog, post):
    first, second = post.put(), post.put()
    recipient = post.row(first).recipient
    mailserver.answers[command] = [f"550 5.1.1 <{recipient}>: unknown"]
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=1, failed=1)
    given_up = post.row(first) if post.row(first).delivered_at is None else post.row(second)
    assert (given_up.next_attempt_at, given_up.text) == (None, None)
    assert given_up.last_error == f"refused: 550 5.1.1 <{recipient}>: unknown"
    assert recipient not in caplog.text
    assert (
        f"sys_mail_failed: verify_email {given_up.id}, attempt 1: refused: 550 5.1.1" in caplog.text
    )


def test_after_three_days_it_is_given_up(mailserver, post):
    old = post.put(send_at=utc_now() - RETRY_FOR)
    younger = post.put(send_at=utc_now() - RETRY_FOR + timedelta(minutes=5))
    mailserver.answers["RCPT"] = ["451 4.7.1 Not now"] * 2
    assert post.deliver(mailserver.port) == DeliveryResult(rescheduled=1, failed=1)
    assert post.row(old).next_attempt_at is None
    assert post.row(younger).next_attempt_at is not None


@pytest.mark.asvs("14.2.4", "16.2.5")
def test_neither_outbox_nor_log_keeps_what_a_filter_quotes(mailserver, caplog, post):
    """Some name the link that they take for spam; whoever has it can follow it."""
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
    ("reply", "said"),
    [
        ("421 4.3.2 Shutting down", ("WARNING", "the server answers 421 4.3.2")),
        ("530 5.7.0 Authentication required", ("ERROR", "the server requires authentication")),
    ],
)
def test_what_no_message_could_pass_ends_the_round(reply, said, mailserver, caplog, post):
    messages = [post.put() for _ in range(3)]
    mailserver.answers["MAIL"] = [reply]
    ended = post.deliver(mailserver.port)
    assert (ended.rescheduled, ended.delivered, ended.failed) == (1, 0, 0)
    assert ended.server_unavailable
    assert sorted(post.row(each).attempts for each in messages) == [0, 0, 1]
    assert all(post.row(each).next_attempt_at for each in messages)
    [event] = [each for each in logged(caplog) if each[1].startswith("sys_mail_server_unavailable")]
    assert event[0] == said[0]
    assert said[1] in event[1]


def test_a_server_that_is_down_is_not_asked_for_every_message(unused_port, caplog, post):
    messages = [post.put() for _ in range(3)]
    ended = post.deliver(unused_port)
    assert ended.rescheduled == 1
    assert "Connection refused" in ended.server_unavailable
    assert sorted(post.row(each).attempts for each in messages) == [0, 0, 1]
    assert "WARNING" in {level for level, text in logged(caplog) if "server_unavailable" in text}


def test_a_server_that_hangs_up_on_a_used_connection_is_called_again(mailserver, post):
    for _ in range(2):
        post.put()
    mailserver.answers["RSET"] = ["421 4.4.2 Idle for too long"]
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=2)
    assert mailserver.connections == 2


def test_a_server_that_hangs_is_left_after_its_time(mailserver, post):
    message = post.put()
    mailserver.hangs = True
    ended = post.deliver(mailserver.port, timeout=timedelta(seconds=1))
    assert "timed out" in ended.server_unavailable
    assert post.row(message).next_attempt_at > utc_now()
    assert post.row(message).last_error.startswith("the connection broke off")


def test_a_server_that_greets_with_a_refusal_is_away(mailserver, post):
    post.put()
    mailserver.answers |= {name: ["550 5.7.1 We know you"] for name in ("EHLO", "HELO")}
    assert "the server answers 550" in post.deliver(mailserver.port).server_unavailable


def test_a_message_that_cannot_be_written_holds_up_no_other(mailserver, caplog, post):
    broken = post.put(subject=None, send_at=utc_now() - timedelta(minutes=1))
    post.put()
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=1, rescheduled=1)
    assert post.row(broken).last_error == "an error in the site: TypeError"
    assert f"sys_mail_crash: verify_email {broken}, attempt 1: TypeError in " in caplog.text


def test_who_needed_longer_than_the_lease_says_so(mailserver, caplog, post):
    """Another worker has taken the message meanwhile; what that one does counts."""
    message = post.put()
    later = utc_now() + timedelta(hours=1)

    def meanwhile():
        post.change(message, next_attempt_at=later)

    mailserver.on_data = meanwhile
    assert post.deliver(mailserver.port) == DeliveryResult(delivered=1)
    assert post.row(message).next_attempt_at == later
    assert f"sys_mail_late: verify_email {message}" in caplog.text


def test_in_development_nothing_leaves_the_machine(courier_to, post):
    message = post.put()
    mail_worker = courier_to(0, host=None)
    assert not mail_worker.delivers
    assert mail_worker.deliver_due(now=utc_now()) == DeliveryResult()
    assert post.row(message).attempts == 0


@pytest.fixture
def locked_while_sending(services, mailserver):
    """Let nobody write for a moment that begins when a message is on its way; return a courier."""
    database = Database(services.database.engine.url, pool_size=1, timeout=timedelta(seconds=1))

    def lock():
        mailserver.on_data = lambda: None
        held = services.database.write_engine.connect()
        held.begin()
        if not services.database.is_sqlite:
            held.exec_driver_sql("LOCK TABLE authsite_outbox_message IN EXCLUSIVE MODE")
        threading.Timer(1.5, held.close).start()

    def build(timeout):
        mail = dataclasses.replace(
            services.settings.mail, host="127.0.0.1", port=mailserver.port, timeout=timeout
        )
        mailserver.on_data = lock
        return build_worker(dataclasses.replace(services.settings, mail=mail), database)

    yield build
    database.dispose()


def test_a_database_that_is_away_for_a_moment_costs_no_second_mail(
    locked_while_sending, mailserver, post
):
    message = post.put()
    mail_worker = locked_while_sending(timedelta(seconds=10))
    assert mail_worker.deliver_due(now=utc_now()) == DeliveryResult(delivered=1)
    assert post.row(message).delivered_at
    assert (post.row(message).attempts, len(mailserver.received)) == (1, 1)


def test_who_cannot_mark_a_message_within_its_lease_leaves_it_to_the_next_try(
    locked_while_sending, post
):
    message = post.put()
    mail_worker = locked_while_sending(timedelta(milliseconds=50))
    with pytest.raises(DATABASE_UNAVAILABLE):
        mail_worker.deliver_due(now=utc_now())
    assert post.row(message).delivered_at is None
    assert post.row(message).text
