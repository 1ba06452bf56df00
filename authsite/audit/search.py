"""The audit log of all accounts: who did what, where and when."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from authsite.audit.event_types import Actor, EventType
from authsite.audit.queries import CHUNK, NoSuchEvent
from authsite.audit.store import KEPT_FOR
from authsite.models import AuditEvent, User
from authsite.models.audit_event import BY_STAFF

_STAFF = {Actor.ADMINISTRATOR, Actor.OPERATOR}
_Account, _Administrator = aliased(User), aliased(User)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are wanted; None is any.

    There is an index for each of them, except for the actors user and system: nearly all events are
    theirs, so that the newest are found by their time (figures: docs/administration.md).

    `by` has ids of administrators and names of operators, of which one matches. `since` is
    inclusive, `until` is not.
    """

    type: EventType | None = None
    actor: Actor | None = None
    by: Sequence[str] = ()
    user_id: str | None = None
    network: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self, *, now: datetime) -> "list[sa.ColumnElement[bool]]":
        """Return the conditions of the select."""
        found = [AuditEvent.occurred_at > now - KEPT_FOR]
        is_by_staff = self.actor in _STAFF or bool(self.by)
        if is_by_staff:
            # In the words of the index, or it would not be used.
            found.append(sa.literal_column(BY_STAFF))
        if self.type is not None:
            # That index is small; SQLite would rather search the one of the type.
            event_type = sa.func.coalesce(AuditEvent.type, "") if is_by_staff else AuditEvent.type
            found.append(event_type == self.type.key)
        if self.actor is not None:
            found.append(AuditEvent.actor == self.actor.value)
        if self.by:
            found.append(
                sa.or_(AuditEvent.actor_id.in_(self.by), AuditEvent.actor_name.in_(self.by))
            )
        if self.user_id is not None:
            found.append(AuditEvent.user_id == self.user_id)
        if self.network is not None:
            found.append(AuditEvent.network == self.network)
        if self.since is not None:
            found.append(AuditEvent.occurred_at >= self.since)
        if self.until is not None:
            found.append(AuditEvent.occurred_at < self.until)
        return found


class AuditEntry(NamedTuple):
    """An event as administrators and operators see it."""

    id: str
    occurred_at: datetime
    type: str
    actor: str
    actor_id: str | None
    #: The name of an operator, or the email address of an administrator who still has an account.
    actor_name: str | None
    user_id: str | None
    #: The email address of the account; None for an erasure.
    email: str | None
    session_id: str | None
    user_agent: str | None
    ip_address: str | None
    details: Mapping[str, str]


class AuditPage(NamedTuple):
    """Entries, newest first; `older` is the value of `before` for the next page."""

    entries: list[AuditEntry]
    older: str | None


def audit_page(
    dbsession: Session, wanted: EventFilter, *, before: str | None, limit: int, now: datetime
) -> AuditPage:
    """Return the entries before the event with the id `before`, or the newest.

    Raises `NoSuchEvent` if there is none.
    """
    position = _find_position(dbsession, before) if before else None
    found = _find(dbsession, wanted, before=position, limit=limit + 1, now=now)
    return AuditPage(found[:limit], found[limit - 1].id if len(found) > limit else None)


def iter_entries(
    new_dbsession: Callable[[], Session], wanted: EventFilter, *, now: datetime
) -> Iterator[AuditEntry]:
    """Yield every entry, newest first, in memory for `CHUNK` of them.

    Each chunk is read in a dbsession of its own, so that a slow reader occupies no connection.
    """
    position, more = None, True
    while more:
        with new_dbsession() as dbsession:
            found = _find(dbsession, wanted, before=position, limit=CHUNK, now=now)
        yield from found
        more = len(found) == CHUNK
        position = (found[-1].occurred_at, found[-1].id) if more else None


def _find_position(dbsession: Session, event_id: str) -> tuple[datetime, str]:
    wanted = sa.select(AuditEvent.occurred_at, AuditEvent.id).where(AuditEvent.id == event_id)
    row = dbsession.execute(wanted).one_or_none()
    if row is None:
        raise NoSuchEvent(event_id)
    return row.occurred_at, row.id


def _find(
    dbsession: Session,
    wanted: EventFilter,
    *,
    before: tuple[datetime, str] | None,
    limit: int,
    now: datetime,
) -> list[AuditEntry]:
    conditions = wanted.conditions(now=now)
    if before:
        at, event_id = sa.literal(before[0], AuditEvent.occurred_at.type), sa.literal(before[1])
        conditions.append(
            sa.tuple_(AuditEvent.occurred_at, AuditEvent.id) < sa.tuple_(at, event_id)
        )
        conditions.append(AuditEvent.occurred_at <= at)  # for indexes without the id
    statement = (
        sa.select(
            AuditEvent.id,
            AuditEvent.occurred_at,
            AuditEvent.type,
            AuditEvent.actor,
            AuditEvent.actor_id,
            sa.func.coalesce(AuditEvent.actor_name, _Administrator.email),
            AuditEvent.user_id,
            _Account.email,
            AuditEvent.session_id,
            AuditEvent.user_agent,
            AuditEvent.ip_address,
            AuditEvent.details,
        )
        .outerjoin(_Account, _Account.id == AuditEvent.user_id)
        .outerjoin(_Administrator, _Administrator.id == AuditEvent.actor_id)
        .where(*conditions)
        .order_by(AuditEvent.occurred_at.desc(), AuditEvent.id.desc())
        .limit(limit)
    )
    return [AuditEntry._make(row) for row in dbsession.execute(statement)]
