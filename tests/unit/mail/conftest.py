"""Couriers that know where the mail server of the test is."""

import dataclasses
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.clock import utc_now
from authsite.mail.delivery import DeliveryResult
from authsite.mail.worker import MailWorker, build_worker
from authsite.models import OutboxMessage
from authsite.services import Services
from tests.factories import a_message
from tests.smtp import Certificates, Mailserver, a_mailserver

LINK = "https://accounts.example.com/verify-email/bm90LXNvLXNlY3JldC1zZWNyZXQtb2YtdGVzdHM"


@pytest.fixture
def mailserver() -> Iterator[Mailserver]:
    """A server that takes what it is given, without TLS."""
    with a_mailserver() as server:
        yield server


@pytest.fixture
def unused_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority of the tests' own."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def courier_to(services: Services) -> Callable[..., MailWorker]:
    """Make a courier of the site that brings its mails to this port, with other settings."""

    def build(port: int, **mail: Any) -> MailWorker:
        changed = {
            "host": "localhost",
            "port": port,
            "security": "none",
            "deliver_in_process": True,
        } | mail
        settings = dataclasses.replace(
            services.settings, mail=dataclasses.replace(services.settings.mail, **changed)
        )
        return build_worker(settings, services.database)

    return build


class Post:
    """The outbox and a courier, in the hands of a test."""

    def __init__(self, dbsession: Session, courier_to: Callable[..., MailWorker]) -> None:
        self._dbsession = dbsession
        self._courier_to = courier_to

    def put(self, **values: Any) -> str:
        """Put a message into the outbox that is due since just now; return its id."""
        self._dbsession.rollback()  # what was read before is old
        send_at = values.pop("send_at", utc_now() - timedelta(seconds=1))
        return a_message(self._dbsession, send_at=send_at, text=f"Open {LINK}", **values).id

    def row(self, message_id: str) -> OutboxMessage:
        """Return a message as it is now."""
        self._dbsession.rollback()
        return self._dbsession.get_one(OutboxMessage, message_id)

    def change(self, message_id: str, **values: Any) -> None:
        """Let a message be another one, as by the passing of time."""
        self._dbsession.rollback()
        wanted = sa.update(OutboxMessage).where(OutboxMessage.id == message_id)
        self._dbsession.execute(wanted.values(**values))
        self._dbsession.commit()

    def deliver(self, port: int, **mail: Any) -> DeliveryResult:
        """Deliver what is due to this port; return what became of it."""
        return self._courier_to(port, **mail).deliver_due(now=utc_now())


@pytest.fixture
def post(dbsession: Session, courier_to: Callable[..., MailWorker]) -> Post:
    """The outbox and a courier."""
    return Post(dbsession, courier_to)
