"""Writing down what happens to accounts, and telling the log and host applications of it."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, SessionTransaction

from authsite.audit.event_types import AccountEvent, EventSource, EventType
from authsite.audit.store import write_event

log = logging.getLogger(__name__)

_PENDING = "authsite.events"
#: What tells two events of one transaction apart, by whichever journal they are written.
_TICK = timedelta(microseconds=1)


class AuditLog:
    """Writes what comes from one origin: a request, or a command.

    `notify` is told of each event at once; what it raises undoes the transaction. All of `publish`
    are told when the transaction has committed, of what it has kept.
    """

    def __init__(
        self,
        source: EventSource,
        *,
        notify: Callable[[AccountEvent], None],
        publish: Sequence[Callable[[AccountEvent], None]],
    ) -> None:
        self._origin = source
        self._notify = notify
        self._publish = publish

    def record(
        self,
        dbsession: Session,
        user_id: str,
        event_type: EventType,
        *,
        now: datetime,
        session_id: str | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Do what `authsite.accounts.events.Journal` promises."""
        pending = dbsession.info.setdefault(_PENDING, [])
        event = AccountEvent(
            type=event_type,
            user_id=user_id,
            occurred_at=now + len(pending) * _TICK,
            source=self._origin,
            session_id=session_id or self._origin.session_id,
            details=details or {},
            dbsession=dbsession,
        )
        if not write_event(dbsession, event):
            event = replace(event, user_id=None)
        self._notify(event)
        pending.append((event, list(_savepoints_of(dbsession)), self._publish))


def _savepoints_of(dbsession: Session) -> Iterator[SessionTransaction]:
    """Yield every savepoint that can still undo what is written now, the nearest first."""
    savepoint = dbsession.get_nested_transaction()
    while savepoint and savepoint.nested:
        yield savepoint
        savepoint = savepoint.parent


@sa.event.listens_for(Session, "after_commit")
def _publish(dbsession: Session) -> None:
    """Publish what was written; what ends may be a savepoint only, and all may yet be undone."""
    if _PENDING in dbsession.info and not dbsession.in_nested_transaction():
        for event, _savepoints, publish in dbsession.info.pop(_PENDING):
            for tell in publish:
                tell(event)


@sa.event.listens_for(Session, "after_soft_rollback")
def _forget(dbsession: Session, undone: SessionTransaction) -> None:
    """Forget what was written since the savepoint, also in others that were released into it."""
    if _PENDING in dbsession.info:
        pending = dbsession.info[_PENDING]
        dbsession.info[_PENDING] = [each for each in pending if undone not in each[1]]


@sa.event.listens_for(Session, "after_transaction_end")
def _forget_all(dbsession: Session, ended: SessionTransaction) -> None:
    """Forget what has not been published; a session that is closed undoes it without a word."""
    if ended.parent is None:
        dbsession.info.pop(_PENDING, None)


def log_event(event: AccountEvent) -> None:
    """Say in the log that it happened: who, where and what (ASVS 16.2.1), and nothing secret."""
    source = event.source
    fields = {
        "user_id": event.user_id,
        "session_id": event.session_id,
        "ip_address": source.ip_address,
        "actor": source.actor.value,
        "actor_id": source.actor_id,
        "reason": event.details.get("reason"),
    }
    known = {name: value for name, value in fields.items() if value is not None}
    said = " ".join(f"{name}={value}" for name, value in known.items())
    name = event.type.log_name
    log.log(event.type.level, "%s: %s", name, said, extra={"event": name, **known})
