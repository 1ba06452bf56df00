"""Importing people: each is here wholly or not at all, and only once."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

from authsite.accounts.email_links import Purpose
from authsite.audit.event_types import Actor, EventType
from authsite.audit.store import row_of_event, write_rows
from authsite.importing.imported_user import (
    ImportedUser,
    ImportRejected,
    Rejection,
    RejectionReason,
)
from authsite.models import EmailLink, User

#: People in one transaction; others who write wait for it.
BATCH = 500
#: SQLite looks for the name of each parameter in a list of all, and five times as many take longer.
_AT_A_TIME = {"insertmanyvalues_page_size": 100}

_USER = User.metadata.tables["authsite_user"]
_LINK = EmailLink.metadata.tables["authsite_email_link"]
_INSERT: dict[str, Callable[..., Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}

#: A block with a connection in a transaction.
Begin = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of some people.

    The counts are `read`, `imported`, `here_already` and `refused`; and of the imported those
    `without_password`, `without_full_name` and `frozen`.
    """

    counts: Counter[str]
    refused: Sequence[Rejection]


@contextmanager
def dry_run(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction of which nothing is left at the end of the block."""
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def import_users(
    begin: Begin, people: Iterable[ImportedUser | Rejection], *, now: datetime, size: int = BATCH
) -> Iterator[Batch]:
    """Import the people who are not here yet, and yield each batch when it is committed.

    `begin` begins a transaction that writes, one a batch. Whoever is here by their former id is
    left as they are, so that an import that was broken off goes on when it is begun again.
    Refusals among the people, who cannot even be read, are handed on.
    """
    waiting = iter(people)
    while some := list(itertools.islice(waiting, size)):
        rows, incomplete, refused = _judged(some, now=now)
        with begin() as connection:
            added = _add(connection, rows, now=now)
            write_rows(connection, [_arrival(row, now=now) for row in rows if row["id"] in added])
            missed = [row for row in rows if row["id"] not in added]
            rejected = list(_whys(connection, missed))
        refused += rejected
        imported = [row for row in rows if row["id"] in added]
        counts = {
            "read": len(some),
            "imported": len(imported),
            "here_already": len(missed) - len(rejected),
            "refused": len(refused),
            "without_password": sum(row["password_hash"] is None for row in imported),
            "without_full_name": len(incomplete & added),
            "suspended": sum(row["suspended_at"] is not None for row in imported),
        }
        yield Batch(Counter(counts), refused)


def _judged(
    people: Iterable[ImportedUser | Rejection], *, now: datetime
) -> tuple[list[dict[str, Any]], set[str], list[Rejection]]:
    """Return rows to add, the ids of those whose names are not known, and who cannot come."""
    rows: list[dict[str, Any]] = []
    incomplete: set[str] = set()
    refused: list[Rejection] = []
    for person in people:
        if isinstance(person, Rejection):
            refused.append(person)
            continue
        try:
            row = person.row(now=now)
        except ImportRejected as error:
            refused.append(Rejection(person.external_id, person.email, error.reason, error.detail))
            continue
        rows.append(row)
        if not person.has_full_name:
            incomplete.add(row["id"])
    # In an order in which two imports at the same time do not wait for each other in a circle.
    return sorted(rows, key=lambda row: row["email_normalized"]), incomplete, refused


def _add(connection: Connection, rows: Sequence[dict[str, Any]], *, now: datetime) -> set[str]:
    """Add those who are not here and whose address is free; return the ids of their accounts.

    Whoever signs up at the same moment with one of the addresses is waited for, or waits.
    """
    if not rows:
        return set()
    insert = _INSERT[connection.dialect.name](_USER).on_conflict_do_nothing()
    insert = insert.returning(_USER.c.id)
    added = set(connection.execute(insert, rows, execution_options=_AT_A_TIME).scalars())
    # Whoever gives an address up leaves such a link in the same transaction, which the insert has
    # waited for; before it, the link might not have been there yet.
    reserved = sa.select(_LINK.c.email_normalized).where(
        _LINK.c.email_normalized.in_(
            [row["email_normalized"] for row in rows if row["id"] in added]
        ),
        _LINK.c.purpose == Purpose.SECURE_ACCOUNT,
        _LINK.c.expires_at > now,
    )
    undone = (
        sa.delete(_USER)
        .where(_USER.c.id.in_(added), _USER.c.email_normalized.in_(reserved))
        .returning(_USER.c.id)
    )
    return added - set(connection.execute(undone).scalars())


def _arrival(row: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    system, _, external_id = row["external_id"].partition(":")
    details = {"system": system, "external_id": external_id}
    return row_of_event(
        row["id"],
        EventType.ACCOUNT_IMPORTED,
        occurred_at=now,
        actor=Actor.OPERATOR,
        details=details,
    )


def _whys(connection: Connection, missed: Sequence[dict[str, Any]]) -> Iterator[Rejection]:
    """Yield why these were not added, but for those who are here already."""
    if not missed:
        return
    in_the_way = connection.execute(
        sa.select(_USER.c.email_normalized, _USER.c.external_id).where(
            _USER.c.email_normalized.in_([row["email_normalized"] for row in missed])
            | _USER.c.external_id.in_([row["external_id"] for row in missed])
        )
    ).all()
    addresses = {row.external_id: row.email_normalized for row in in_the_way}
    owners = {row.email_normalized: row.external_id for row in in_the_way}
    for row in missed:
        external_id, email_normalized = row["external_id"], row["email_normalized"]
        owner = owners.get(email_normalized) or ""
        system = external_id.partition(":")[0]
        if addresses.get(external_id) == email_normalized:
            continue
        if external_id in addresses:
            yield Rejection(external_id, row["email"], RejectionReason.ID_TWICE)
        elif owner.startswith(f"{system}:"):
            yield Rejection(external_id, row["email"], RejectionReason.EMAIL_TWICE, owner)
        else:
            yield Rejection(external_id, row["email"], RejectionReason.EMAIL_TAKEN)
