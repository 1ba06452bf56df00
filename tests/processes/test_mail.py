"""Mail arrives, whichever process delivers it, dies, or hangs at it."""

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
from tests.processes.servers import FOR_CROWDS, Server, until
from tests.processes.visitors import Visitor
from tests.processes.workers import Worker
from tests.smtp import Mailserver, a_mailserver

MANY = 200


@pytest.fixture
def mailserver() -> Iterator[Mailserver]:
    """A server that takes what it is given."""
    with a_mailserver() as server:
        yield server


@pytest.fixture
def put(engine: Engine) -> Callable[[int], list[str]]:
    """Put messages into the outbox that are due; return their recipients."""

    def put_messages(number: int) -> list[str]:
        send_at = utc_now() - timedelta(seconds=1)
        recipients = [f"{each}@example.com" for each in range(number)]
        with Session(engine) as dbsession:
            for recipient in recipients:
                a_message(dbsession, send_at=send_at, recipient=recipient)
        return recipients

    return put_messages


def rows(engine: Engine) -> list[Row]:
    """Return what is in the outbox now."""
    with engine.connect() as connection:
        return list(connection.execute(sa.select(OutboxMessage.__table__)).all())


def received(mailserver: Mailserver) -> list[str]:
    """Return all recipients of all messages."""
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
    assert mailserver.connections == 2  # both had something to do


def test_a_worker_that_dies_while_it_sends_costs_one_more_try(
    tmp_path: Path, database_url: str, engine: Engine, mailserver: Mailserver, put
) -> None:
    """Nothing is lost: the message waits for the end of the lease, which here comes at once."""
    recipients = put(1)
    mailserver.hangs = True
    with Worker(tmp_path, database_url, mailserver) as worker:
        until(lambda: mailserver.waiting, "a message on its way")
        worker.kill()
    until(lambda: not mailserver.waiting, "an end of the connection")
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


def test_a_worker_that_is_stopped_ends_with_the_message_in_hand(
    tmp_path: Path, database_url: str, engine: Engine, mailserver: Mailserver, put
) -> None:
    put(MANY)
    mailserver.hangs = True
    with Worker(tmp_path, database_url, mailserver) as worker:
        until(lambda: mailserver.waiting, "a message on its way")
        worker.terminate()
        mailserver.hangs = False
        assert worker.end() == 0
        assert '"sys_mail_delivered: verify_email ' in worker.log.read_text()
    assert len(received(mailserver)) == len([row for row in rows(engine) if row.delivered_at])
    assert 1 <= len(received(mailserver)) < MANY


@pytest.mark.asvs("13.1.3")
def test_a_server_delivers_by_itself_and_answers_while_the_mail_server_hangs(
    tmp_path: Path, database_url: str, engine: Engine, mailserver: Mailserver, put
) -> None:
    recipients = put(2)
    mailserver.hangs = True
    # So patient that the message is still on its way when all has been answered.
    mail = {"AUTHSITE_MAIL_PORT": str(mailserver.port), "AUTHSITE_MAIL_TIMEOUT": "10m"}
    settings = FOR_CROWDS | mail
    with Server(tmp_path, database_url, settings=settings) as server:
        until(lambda: mailserver.waiting, "a message on its way")
        visitor = Visitor(server)
        assert visitor.sign_up("ada@example.com").status == 303
        assert visitor.is_signed_in
        assert mailserver.waiting == 1
        assert received(mailserver) == []
        mailserver.hangs = False
        until(lambda: set(recipients) <= set(received(mailserver)), "the messages")
        until(lambda: all(row.delivered_at for row in rows(engine)), "a word in the outbox")
