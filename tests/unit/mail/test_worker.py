"""The thread of the worker: it delivers when woken and survives errors."""

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

#: Seconds; longer than any test runs.
NEVER = 10_000.0


@contextlib.contextmanager
def at_work(mail_worker: MailWorker) -> Iterator[threading.Thread]:
    """Run the worker on a thread during the block."""
    thread = threading.Thread(target=mail_worker.work)
    thread.start()
    try:
        yield thread
    finally:
        mail_worker.stop()
        thread.join()


@pytest.fixture
def worker_for(services, mailserver):
    """Build a worker for a database, with these intervals in seconds."""

    def build(database=services.database, *, next_attempt=None, poll=NEVER, rest=NEVER, port=None):
        mail = services.settings.mail
        server = MailServer("127.0.0.1", _with_port(mail, port or mailserver.port), "localhost")
        delivery = Delivery(
            database=database,
            server=server,
            cipher=services.message_cipher,
            sender="a@example.com",
            sender_name="Example",
        )
        next_attempt = next_attempt or database.compile(NEXT_ATTEMPT)
        outages = database.outages
        return MailWorker(next_attempt, delivery, outages=outages, poll=poll, rest=rest)

    return build


def _with_port(mail, port):
    return type(mail)(**vars(mail) | {"port": port})


def test_woken_worker_delivers_at_once(worker_for, mailserver, post):
    mail_worker = worker_for()
    with at_work(mail_worker):
        for number in range(1, 4):
            post.put()
            mail_worker.wake()
            until(lambda number=number: len(mailserver.received) == number, "the message")


def test_worker_polls_without_being_woken(worker_for, mailserver, post):
    with at_work(worker_for(poll=0.01)):
        post.put()
        until(lambda: mailserver.received, "the message")


def test_worker_rests_after_a_failure_even_if_woken(worker_for, unused_port, post, caplog):
    mail_worker = worker_for(port=unused_port)
    post.put()
    with at_work(mail_worker) as thread:
        until(lambda: "sys_mail_deferred" in caplog.text, "a failure")
        post.put()
        mail_worker.wake()
        thread.join(0.3)  # long enough for several attempts without a rest
    assert caplog.text.count("sys_mail_server_unavailable") == 1


def test_worker_continues_after_a_rest(worker_for, mailserver, post):
    mailserver.answers["MAIL"] = ["421 4.3.2 Shutting down"]
    messages = [post.put() for _ in range(3)]
    with at_work(worker_for(rest=0.01, poll=0.01)):
        until(lambda: len(mailserver.received) == 2, "the other messages")
    assert sorted(post.row(each).attempts for each in messages) == [1, 1, 1]


def test_stopped_worker_finishes_its_message(worker_for, mailserver, post):
    for _ in range(3):
        post.put()
    mail_worker = worker_for()
    mailserver.on_data = mail_worker.stop
    mail_worker.work()
    assert len(mailserver.received) == 1


def test_worker_survives_a_database_outage(worker_for, mailserver, tmp_path, migrate, caplog):
    url = f"sqlite:///{tmp_path}/later/site.sqlite"
    database = Database(sa.make_url(url), pool_size=1, timeout=timedelta(seconds=1))
    with at_work(worker_for(database, poll=0.01, rest=0.01)):
        until(lambda: "the database is unavailable" in caplog.text, "the log event")
        (tmp_path / "later").mkdir()
        migrate(url)
        with Session(database.engine) as dbsession:
            a_message(dbsession, send_at=utc_now())
        until(lambda: mailserver.received, "the message")
    database.dispose()
    assert "Traceback" not in caplog.text


class OnceBroken:
    """A query of the next attempt that raises an unexpected error once."""

    def __init__(self, query) -> None:
        self._calls = iter([self._fail, query.one_or_none])
        self._query = query

    def one_or_none(self):
        """Fail the first time."""
        return next(self._calls, self._query.one_or_none)()

    def _fail(self):
        raise KeyError("ada@example.com")


def test_worker_survives_an_unexpected_error(services, worker_for, mailserver, post, caplog):
    post.put()
    query = OnceBroken(services.database.compile(NEXT_ATTEMPT))
    with at_work(worker_for(next_attempt=query, rest=0.01)):
        until(lambda: mailserver.received, "the message")
    [error] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert error.getMessage().startswith("sys_mail_crash: KeyError in ")
    assert "ada@example.com" not in caplog.text
