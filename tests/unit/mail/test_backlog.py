"""The backlog: emails that are due and not delivered."""

from datetime import timedelta

from authsite.mail.backlog import Backlog, get_backlog
from tests.factories import NOW, a_message

HOUR = timedelta(hours=1)


def test_backlog_counts_due_messages_from_when_they_were_due(services, dbsession):
    with services.database.read_engine.connect() as connection:
        assert get_backlog(connection, now=NOW) == Backlog(0, None)
    a_message(dbsession, send_at=NOW - 2 * HOUR, next_attempt_at=NOW + HOUR, last_error="away")
    a_message(dbsession, send_at=NOW)
    a_message(dbsession, send_at=NOW + HOUR)
    a_message(dbsession, send_at=NOW - 3 * HOUR, next_attempt_at=None, delivered_at=NOW)
    with services.database.read_engine.connect() as connection:
        assert get_backlog(connection, now=NOW) == Backlog(2, NOW - 2 * HOUR)
