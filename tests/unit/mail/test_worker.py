"""The courier's thread: it delivers when woken, and outlives mistakes."""

import contextlib
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.clock import utc_now
from authsite.db.engines import Database
from authsite.mail.delivery import Delivery
from authsite.mail.outbox import NEXT_ATTEMPT
from authsite.mail.server import MailServer
from authsite.mail.worker import MailWorker
from tests.factories import a_message
from tests.processes.servers import until

#: Seconds that nobody waits for: what happens before has another reason.
NEVER = 10_000.0


@contextlib.contextmanager
def at_work(mail_worker: MailWorker) -> Iterator[threading.Thread]:
    """Let a courier deliver on its thread while the block runs."""
    thread = threading.Thread(target=mail_worker.work)
    thread.start()
    try:
        yield thread
    finally:
        mail_worker.stop()
        thread.join()


@pytest.fixture
def courier_of(services, mailserver):
    """Make a courier for a database, which looks and rests as long as the test says."""

    def build(database=services.database, *, next_attempt=None, poll=NEVER, rest=NEVER, port=None):
        mail = services.settings.mail
        server = MailServer("127.0.0.1", _with_port(mail, port or mailserver.port), "localhost")
        delivery = Delivery(
            database=database, server=server, sender="a@example.com", sender_name="Example"
        )
        next_attempt = next_attempt or database.compile(NEXT_ATTEMPT)
        return MailWorker(next_attempt, delivery, poll=poll, rest=rest)

    return build


def _with_port(mail, port):
    return type(mail)(**vars(mail) | {"port": port})


def test_who_is_woken_delivers_at_once(courier_of, mailserver, post):
    mail_worker = courier_of()
    with at_work(mail_worker):
        for number in range(1, 4):
            post.put()
            mail_worker.wake()
            until(lambda number=number: len(mailserver.received) == number, "the message")


def test_who_is_not_woken_looks_once_in_a_while(courier_of, mailserver, post):
    with at_work(courier_of(poll=0.01)):
        post.put()
        until(lambda: mailserver.received, "the message")


def test_a_server_that_is_away_is_left_alone_whoever_wakes(courier_of, unused_port, post, caplog):
    mail_worker = courier_of(port=unused_port)
    post.put()
    with at_work(mail_worker) as thread:
        until(lambda: "sys_mail_deferred" in caplog.text, "a failure")
        post.put()
        mail_worker.wake()
        thread.join(0.3)  # in which somebody who does not rest would try again, several times
    assert caplog.text.count("sys_mail_server_unavailable") == 1


def test_after_a_rest_it_goes_on(courier_of, mailserver, post):
    mailserver.answers["MAIL"] = ["421 4.3.2 Shutting down"]
    messages = [post.put() for _ in range(3)]
    with at_work(courier_of(rest=0.01, poll=0.01)):
        until(lambda: len(mailserver.received) == 2, "the other messages")
    assert sorted(post.row(each).attempts for each in messages) == [1, 1, 1]


def test_who_stops_ends_after_the_message_in_hand(courier_of, mailserver, post):
    for _ in range(3):
        post.put()
    mail_worker = courier_of()
    mailserver.on_data = mail_worker.stop
    mail_worker.work()
    assert len(mailserver.received) == 1


def test_a_database_that_comes_back_finds_the_courier_at_work(
    courier_of, mailserver, tmp_path, migrate, caplog
):
    url = f"sqlite:///{tmp_path}/later/site.sqlite"
    database = Database(sa.make_url(url), pool_size=1, timeout=timedelta(seconds=1))
    with at_work(courier_of(database, poll=0.01, rest=0.01)):
        until(lambda: "the database is unavailable" in caplog.text, "a word about it")
        (tmp_path / "later").mkdir()
        migrate(url)
        with Session(database.engine) as dbsession:
            a_message(dbsession, send_at=utc_now())
        until(lambda: mailserver.received, "the message")
    database.dispose()
    assert "Traceback" not in caplog.text


class OnceBroken:
    """A look into the outbox with a mistake in it that nobody thought of."""

    def __init__(self, look) -> None:
        self._looks = iter([self._fail, look.one_or_none])
        self._look = look

    def one_or_none(self):
        """Fail the first time."""
        return next(self._looks, self._look.one_or_none)()

    def _fail(self):
        raise KeyError("ada@example.com")


def test_no_mistake_of_ours_ends_it(services, courier_of, mailserver, post, caplog):
    post.put()
    look = OnceBroken(services.database.compile(NEXT_ATTEMPT))
    with at_work(courier_of(next_attempt=look, rest=0.01)):
        until(lambda: mailserver.received, "the message")
    [error] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert error.getMessage().startswith("sys_mail_crash: KeyError in ")
    assert "ada@example.com" not in caplog.text
