"""Emails are delivered, even if workers are killed or the mail server hangs."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row
from sqlalchemy.orm import Session

from authsite.clock import utc_now
from authsite.models import OutboxMessage
from tests.factories import a_message
from tests.processes.listeners import Listener
from tests.processes.servers import FOR_LOAD, Server, until
from tests.processes.visitors import Visitor
from tests.processes.workers import Worker
from tests.prometheus import is_served, scraped
from tests.smtp import Mailserver, a_mailserver

MANY = 200


@pytest.fixture
def mailserver() -> Iterator[Mailserver]:
    """A mail server that accepts every message."""
    with a_mailserver() as server:
        yield server


@pytest.fixture
def put(engine: Engine) -> Callable[[int], list[str]]:
    """Return a function that adds due messages to the outbox and returns their recipients."""

    def put_messages(number: int) -> list[str]:
        send_at = utc_now() - timedelta(seconds=1)
        recipients = [f"{each}@example.com" for each in range(number)]
        with Session(engine) as dbsession:
            for recipient in recipients:
                a_message(dbsession, send_at=send_at, recipient=recipient)
        return recipients

    return put_messages


def rows(engine: Engine) -> list[Row]:
    """Return the rows of the outbox."""
    with engine.connect() as connection:
        return list(connection.execute(sa.select(OutboxMessage.__table__)).all())


def received(mailserver: Mailserver) -> list[str]:
    """Return the recipients of all received messages."""
    return [recipient for each in mailserver.received for recipient in each.recipients]


def test_two_workers_deliver_every_message_once(
    tmp_path: Path, database_url: str, engine: Engine, mailserver: Mailserver, put
) -> None:
    recipients = put(MANY)
    mailserver.hangs = True
    workers = [Worker(tmp_path, database_url, mailserver, "--once") for _ in range(2)]
    with workers[0], workers[1]:
        until(lambda: mailserver.waiting == 2, "two workers with a message each")
        mailserver.hangs = False
        assert [worker.end() for worker in workers] == [0, 0]
    assert sorted(received(mailserver)) == sorted(recipients)
    assert all(row.delivered_at and row.attempts == 1 for row in rows(engine))
    assert mailserver.connections == 2  # both delivered


def test_killed_worker_costs_one_attempt(
    tmp_path: Path, database_url: str, engine: Engine, mailserver: Mailserver, put
) -> None:
    """The message is delivered after the end of the lease, which the test moves to now."""
    recipients = put(1)
    mailserver.hangs = True
    with Worker(tmp_path, database_url, mailserver) as worker:
        until(lambda: mailserver.waiting, "a message in delivery")
        worker.kill()
    until(lambda: not mailserver.waiting, "the end of the connection")
    mailserver.hangs = False
    [row] = rows(engine)
    assert (row.attempts, row.delivered_at) == (1, None)
    assert timedelta(0) < row.next_attempt_at - utc_now()
    with Worker(tmp_path, database_url, mailserver, "--once") as worker:
        assert worker.end() == 0
    assert received(mailserver) == []
    with engine.begin() as connection:
        connection.execute(sa.update(OutboxMessage).values(next_attempt_at=utc_now()))
    with Worker(tmp_path, database_url, mailserver, "--once") as worker:
        assert worker.end() == 0
    assert received(mailserver) == recipients
    [row] = rows(engine)
    assert row.attempts == 2
    assert row.delivered_at


def test_stopped_worker_finishes_its_message(
    tmp_path: Path, database_url: str, engine: Engine, mailserver: Mailserver, put
) -> None:
    put(MANY)
    mailserver.hangs = True
    with Worker(tmp_path, database_url, mailserver) as worker:
        until(lambda: mailserver.waiting, "a message in delivery")
        worker.terminate()
        mailserver.hangs = False
        assert worker.end() == 0
        assert '"sys_mail_delivered: verify_email ' in worker.log.read_text()
    assert len(received(mailserver)) == len([row for row in rows(engine) if row.delivered_at])
    assert 1 <= len(received(mailserver)) < MANY


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_worker_counts_what_it_delivers(
    tmp_path: Path, database_url: str, mailserver: Mailserver, put, monkeypatch
) -> None:
    address = f"127.0.0.1:{Listener().port}"
    monkeypatch.setenv("AUTHSITE_METRICS_LISTEN", address)
    put(2)
    with Worker(tmp_path, database_url, mailserver) as worker:
        until(lambda: is_served(address), "the metrics of the worker")
        delivered = 'authsite_emails_total{outcome="delivered"} 2.0'
        until(lambda: delivered in scraped(address), "both emails")
        worker.terminate()
        assert worker.end() == 0
    assert not is_served(address)


@pytest.mark.asvs("13.1.3")
def test_server_answers_while_the_mail_server_hangs(
    tmp_path: Path, database_url: str, engine: Engine, mailserver: Mailserver, put
) -> None:
    recipients = put(2)
    mailserver.hangs = True
    # The timeout is so long that the message is still in delivery at the end.
    mail = {"AUTHSITE_MAIL_PORT": str(mailserver.port), "AUTHSITE_MAIL_TIMEOUT": "10m"}
    settings = FOR_LOAD | mail
    with Server(tmp_path, database_url, settings=settings) as server:
        until(lambda: mailserver.waiting, "a message in delivery")
        visitor = Visitor(server)
        assert visitor.sign_up("ada@example.com").status == 303
        assert visitor.is_signed_in
        assert mailserver.waiting == 1
        assert received(mailserver) == []
        mailserver.hangs = False
        until(lambda: set(recipients) <= set(received(mailserver)), "the messages")
        until(lambda: all(row.delivered_at for row in rows(engine)), "the update of the outbox")
