"""Workers that deliver to the mail server of the test."""

import dataclasses
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.clock import utc_now
from authsite.encryption import Cipher
from authsite.mail.content import Content
from authsite.mail.delivery import DeliveryResult
from authsite.mail.worker import MailWorker, build_worker
from authsite.models import OutboxMessage
from authsite.services import Services
from tests.factories import a_message
from tests.smtp import Certificates, Mailserver, a_mailserver

LINK = "https://accounts.example.com/verify-email/bm90LXNvLXNlY3JldC1zZWNyZXQtb2YtdGVzdHM"


@pytest.fixture
def mailserver() -> Iterator[Mailserver]:
    """A server that accepts every email, without TLS."""
    with a_mailserver() as server:
        yield server


@pytest.fixture
def unused_port() -> int:
    """A port without a listener."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """The certificate authority of the tests."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def worker_to(services: Services) -> Callable[..., MailWorker]:
    """Build a worker that delivers to this port, with changed mail settings."""

    def build(port: int, cipher: Cipher = services.message_cipher, **mail: Any) -> MailWorker:
        changed = {
            "host": "localhost",
            "port": port,
            "security": "none",
            "deliver_in_process": True,
        } | mail
        settings = dataclasses.replace(
            services.settings, mail=dataclasses.replace(services.settings.mail, **changed)
        )
        return build_worker(settings, services.database, cipher, count=services.metrics.count_email)

    return build


class Post:
    """The outbox and a worker, driven by a test."""

    def __init__(self, dbsession: Session, worker_to: Callable[..., MailWorker]) -> None:
        self._dbsession = dbsession
        self._worker_to = worker_to

    def put(self, **values: Any) -> str:
        """Put a message that is due into the outbox; return its id."""
        self._dbsession.rollback()  # end the snapshot of earlier reads
        send_at = values.pop("send_at", utc_now() - timedelta(seconds=1))
        content = {"content": Content(f"Open {LINK}", f"<p>Open <a href={LINK}>it</a>")}
        return a_message(self._dbsession, send_at=send_at, **content | values).id

    def row(self, message_id: str) -> OutboxMessage:
        """Return the current row of a message."""
        self._dbsession.rollback()
        return self._dbsession.get(OutboxMessage, message_id)

    def change(self, message_id: str, **values: Any) -> None:
        """Change columns of a message, as if time had passed."""
        self._dbsession.rollback()
        wanted = sa.update(OutboxMessage).where(OutboxMessage.id == message_id)
        self._dbsession.execute(wanted.values(**values))
        self._dbsession.commit()

    def deliver(self, port: int, *cipher: Cipher, **mail: Any) -> DeliveryResult:
        """Deliver due messages to this port; return the result."""
        return self._worker_to(port, *cipher, **mail).deliver_due(now=utc_now())


@pytest.fixture
def post(dbsession: Session, worker_to: Callable[..., MailWorker]) -> Post:
    """The outbox and a worker."""
    return Post(dbsession, worker_to)
