"""Migration 0009 keeps every message in the outbox, up and down."""

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.encryption import Cipher
from authsite.mail.content import Content, read_content
from authsite.models import OutboxMessage
from tests.factories import a_message

CIPHER = Cipher([b"k" * 32])
TABLE = OutboxMessage.metadata.tables["authsite_outbox_message"]
COLUMNS_BEFORE = [column for column in TABLE.c if column.name != "content"]


def rows_of(engine):
    """Return all messages by id, without the column that 0009 adds."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(*COLUMNS_BEFORE)).all()
    return {row.id: row for row in rows}


@pytest.fixture
def queued(empty_url, engine, migrate):
    """A database at 0007 with a message that is queued, and one that was delivered."""
    migrate(empty_url, "0007")
    now = utc_now()
    row = {"template": "reset_password", "recipient": "ada@example.com", "send_at": now}
    waiting = {"id": "waiting", "subject": "Reset", "text": "Open it", "html": "<p>Open it"}
    with engine.begin() as connection:
        for more in (waiting | {"next_attempt_at": now}, {"id": "done", "delivered_at": now}):
            connection.execute(sa.insert(TABLE).values(row | more))
    return rows_of(engine)


def test_upgrade_keeps_queued_messages_readable(queued, empty_url, engine, migrate):
    migrate(empty_url)
    assert rows_of(engine) == queued
    with engine.connect() as connection:
        message = connection.execute(sa.select(TABLE).where(TABLE.c.id == "waiting")).one()
    assert read_content(message, CIPHER) == ("Open it", "<p>Open it")


def test_downgrade_fails_encrypted_messages_and_keeps_others(queued, empty_url, engine, migrate):
    migrate(empty_url)
    with sa.orm.Session(engine) as dbsession:
        encrypted = a_message(dbsession, content=Content("Open it", "<p>")).id
    migrate(empty_url, "0007", down=True)
    rows = rows_of(engine)
    failed = rows.pop(encrypted)
    assert rows == queued
    assert failed.next_attempt_at is None
    assert "downgraded" in failed.last_error
    assert failed.purge_after > utc_now()
    migrate(empty_url)
    assert rows_of(engine) == queued | {encrypted: failed}
