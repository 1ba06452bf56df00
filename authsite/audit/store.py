"""Write events into the audit log."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from authsite.audit.event_types import AccountEvent, Actor, EventType
from authsite.models import AuditEvent, User
from authsite.tokens import new_id

#: How long events are stored.
KEPT_FOR = timedelta(days=90)
#: Events of one type that are stored for an account in a day: more than a program that signs in
#: every ten minutes causes, and few enough that an attacker cannot fill the table.
MAX_PER_DAY = 200
#: Attackers cannot cause those of administrators and operators, which are stored without limit.
_LIMITED = {Actor.USER, Actor.SYSTEM}
#: A detail of the last of them.
LAST_OF_DAY = "Further events of this type are not recorded for up to 24 hours."

_EVENT = AuditEvent.metadata.tables["authsite_audit_event"]
_COLUMNS = [column for column in _EVENT.c if column.name != "user_id"]
_TODAY = sa.select(sa.func.count()).where(
    _EVENT.c.user_id == sa.bindparam("owner"),
    _EVENT.c.type == sa.bindparam("type"),
    _EVENT.c.occurred_at > sa.bindparam("since", type_=_EVENT.c.occurred_at.type),
)
#: It selects from the user's row, so that for an unknown account the same statement writes nothing.
#: It locks the row as the foreign key does, so that an account which is being deleted counts as
#: unknown.
_WRITE = (
    sa.insert(_EVENT)
    .from_select(
        [_EVENT.c.user_id, *_COLUMNS],
        sa.select(User.id, *(sa.bindparam(column.name, type_=column.type) for column in _COLUMNS))
        .where(User.id == sa.bindparam("owner"))
        .with_for_update(read=True, key_share=True),
    )
    .returning(_EVENT.c.id)
)


def write_event(dbsession: Session, event: AccountEvent) -> bool:
    """Write the event; return whether its account exists.

    Of each type `MAX_PER_DAY` are written in a day, and further ones of administrators and
    operators. Others execute the same and write nothing, as for an unknown account. The number is
    not exact: transactions at the same time do not see each other's events.
    """
    today = {
        "owner": event.user_id,
        "type": event.type.key,
        "since": event.occurred_at - timedelta(days=1),
    }
    number = dbsession.execute(_TODAY, today).scalar_one()
    is_limited = event.source.actor in _LIMITED
    note = {"note": LAST_OF_DAY} if is_limited and number == MAX_PER_DAY - 1 else {}
    is_beyond = is_limited and number >= MAX_PER_DAY
    owner = new_id() if is_beyond else event.user_id
    values = {"owner": owner, **_values_of(event, {**event.details, **note})}
    is_written = dbsession.execute(_WRITE, values).one_or_none() is not None
    return is_written or is_beyond


def write_erasure(dbsession: Session, event: AccountEvent) -> None:
    """Write that an account is erased: without reference to it, so that the event outlives it."""
    details = {**event.details, "account": event.user_id or ""}
    dbsession.execute(sa.insert(_EVENT), {"user_id": None, **_values_of(event, details)})


def _values_of(event: AccountEvent, details: Mapping[str, str]) -> dict[str, Any]:
    source = event.source
    return {
        "id": new_id(),
        "occurred_at": event.occurred_at,
        "type": event.type.key,
        "actor": source.actor.value,
        "actor_id": source.actor_id,
        "actor_name": source.actor_name,
        "session_id": event.session_id,
        "user_agent": source.user_agent,
        "ip_address": source.ip_address,
        "network": source.network,
        "details": details,
    }


def row_of_event(
    user_id: str,
    event_type: EventType,
    *,
    occurred_at: datetime,
    actor: Actor,
    details: Mapping[str, str],
    session_id: str | None = None,
    user_agent: str | None = None,
    ip_address: str | None = None,
    actor_name: str | None = None,
) -> dict[str, Any]:
    """Return the row of an event for `write_rows`."""
    return {
        "id": new_id(),
        "user_id": user_id,
        "occurred_at": occurred_at,
        "type": event_type.key,
        "actor": actor.value,
        "actor_id": None,
        "actor_name": actor_name,
        "session_id": session_id,
        "user_agent": user_agent,
        "ip_address": ip_address,
        "network": None,
        "details": dict(details),
    }


def write_rows(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write events of many accounts at once, without notifying subscribers."""
    if rows:
        connection.execute(sa.insert(_EVENT), rows)
