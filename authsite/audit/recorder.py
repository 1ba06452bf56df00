"""The recorder of the audit log, which also notifies host applications and writes the log."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, SessionTransaction

from authsite.audit.event_types import AccountEvent, EventSource, EventType
from authsite.audit.store import write_erasure, write_event

log = logging.getLogger(__name__)

_PENDING = "authsite.events"
#: Two events of one transaction differ by this time, whichever audit log records them.
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True, repr=False)
class AuditLog:
    """Records the events of one transaction, with their source.

    `notify` is called with each event immediately, and an exception aborts the transaction. All of
    `publish` are called with the committed events, after the commit.
    """

    dbsession: Session
    now: datetime
    source: EventSource
    notify: Callable[[AccountEvent], None]
    publish: Sequence[Callable[[AccountEvent], None]]

    def record(
        self,
        user_id: str,
        event_type: EventType,
        *,
        session_id: str | None = None,
        details: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Record an event of the account; for an unknown id, take the same time and record none.

        `session_id` defaults to the session of the source. `values` are for subscribers only.
        """
        event = self._event(user_id, event_type, session_id=session_id, details=details)
        event = replace(event, values=values or {})
        if not write_event(self.dbsession, event):
            event = replace(event, user_id=None)
        self._report(event)

    def record_erasure(self, user_id: str, *, details: Mapping[str, str]) -> None:
        """Record that the account is erased; unlike its other events, this one stays."""
        event = self._event(user_id, EventType.ACCOUNT_ERASED, session_id=None, details=details)
        write_erasure(self.dbsession, event)
        self._report(event)

    def _event(
        self,
        user_id: str,
        event_type: EventType,
        *,
        session_id: str | None,
        details: Mapping[str, str] | None,
    ) -> AccountEvent:
        return AccountEvent(
            type=event_type,
            user_id=user_id,
            occurred_at=self.now + len(self._pending()) * _TICK,
            source=self.source,
            session_id=session_id or self.source.session_id,
            details=details or {},
            dbsession=self.dbsession,
        )

    def _report(self, event: AccountEvent) -> None:
        self.notify(event)
        self._pending().append((event, list(_savepoints_of(self.dbsession)), self.publish))

    def _pending(self) -> list[Any]:
        pending: list[Any] = self.dbsession.info.setdefault(_PENDING, [])
        return pending


def _savepoints_of(dbsession: Session) -> Iterator[SessionTransaction]:
    """Yield every savepoint that can still undo what is written now, the nearest first."""
    savepoint = dbsession.get_nested_transaction()
    while savepoint and savepoint.nested:
        yield savepoint
        savepoint = savepoint.parent


@sa.event.listens_for(Session, "after_commit")
def _publish(dbsession: Session) -> None:
    """Publish the recorded events, unless only a savepoint ends."""
    if _PENDING in dbsession.info and not dbsession.in_nested_transaction():
        for event, _savepoints, publish in dbsession.info.pop(_PENDING):
            for observer in publish:
                observer(event)


@sa.event.listens_for(Session, "after_soft_rollback")
def _drop_rolled_back(dbsession: Session, rolled_back: SessionTransaction) -> None:
    """Drop the events after the savepoint, also those of savepoints released into it.

    A flush that fails rolls back the savepoint around it, and only the flush is reported.
    """
    undone = rolled_back
    while undone.parent and not undone.nested:
        undone = undone.parent
    if _PENDING in dbsession.info:
        pending = dbsession.info[_PENDING]
        dbsession.info[_PENDING] = [each for each in pending if undone not in each[1]]


@sa.event.listens_for(Session, "after_transaction_end")
def _drop_all(dbsession: Session, ended: SessionTransaction) -> None:
    """Drop events that were not published; a dbsession that is closed rolls back silently."""
    if ended.parent is None:
        dbsession.info.pop(_PENDING, None)


def log_event(event: AccountEvent) -> None:
    """Log who did what, where and when (ASVS 16.2.1), without secrets."""
    source = event.source
    fields = {
        "user_id": event.user_id,
        "session_id": event.session_id,
        "ip_address": source.ip_address,
        "actor": source.actor.value,
        "actor_id": source.actor_id,
        "actor_name": source.actor_name,
        "reason": event.details.get("reason") if "session" in event.details else None,
    }
    known = {name: value for name, value in fields.items() if value is not None}
    text = " ".join(f"{name}={value}" for name, value in known.items())
    name = event.type.log_name
    log.log(event.type.level, "%s: %s", name, text, extra={"event": name, **known})
