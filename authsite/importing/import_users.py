"""Inserting imported users in batches; safe to repeat."""

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

#: Users in one transaction, for which other writers wait.
BATCH = 500
#: SQLite searches all parameters for each name, so that a larger page is slower.
_INSERT_OPTIONS = {"insertmanyvalues_page_size": 100}

_USER = User.metadata.tables["authsite_user"]
_LINK = EmailLink.metadata.tables["authsite_email_link"]
_INSERT: dict[str, Callable[..., Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}

#: Begins a transaction for a block.
Begin = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Batch:
    """The outcome of one transaction.

    The counts are `read`, `imported`, `already_imported` and `rejected`; and of the imported users
    those `without_password`, `without_full_name` and `suspended`.
    """

    counts: Counter[str]
    rejected: Sequence[Rejection]


@contextmanager
def dry_run(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction that is rolled back at the end of the block."""
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def import_users(
    begin: Begin, users: Iterable[ImportedUser | Rejection], *, now: datetime, size: int = BATCH
) -> Iterator[Batch]:
    """Import users who were not imported before, and yield each batch when it is committed.

    `begin` begins the write transaction of a batch. Users whose external id exists are left
    unchanged, so that an interrupted import can be repeated. Rejections among `users` are counted.
    """
    remaining = iter(users)
    while chunk := list(itertools.islice(remaining, size)):
        rows, incomplete, rejected = _validate(chunk, now=now)
        with begin() as connection:
            added = _insert(connection, rows, now=now)
            write_rows(connection, [_event_row(row, now=now) for row in rows if row["id"] in added])
            not_added = [row for row in rows if row["id"] not in added]
            conflicts = list(_find_conflicts(connection, not_added))
        rejected += conflicts
        imported = [row for row in rows if row["id"] in added]
        counts = {
            "read": len(chunk),
            "imported": len(imported),
            "already_imported": len(not_added) - len(conflicts),
            "rejected": len(rejected),
            "without_password": sum(row["password_hash"] is None for row in imported),
            "without_full_name": len(incomplete & added),
            "suspended": sum(row["suspended_at"] is not None for row in imported),
        }
        yield Batch(Counter(counts), rejected)


def _validate(
    users: Iterable[ImportedUser | Rejection], *, now: datetime
) -> tuple[list[dict[str, Any]], set[str], list[Rejection]]:
    """Return rows to insert, the ids of those without a full name, and the rejections."""
    rows: list[dict[str, Any]] = []
    incomplete: set[str] = set()
    rejected: list[Rejection] = []
    for user in users:
        if isinstance(user, Rejection):
            rejected.append(user)
            continue
        try:
            row = user.row(now=now)
        except ImportRejected as error:
            rejected.append(Rejection(user.external_id, user.email, error.reason, error.detail))
            continue
        rows.append(row)
        if not user.has_full_name:
            incomplete.add(row["id"])
    # In one order, so that two imports at the same time do not deadlock.
    return sorted(rows, key=lambda row: row["email_normalized"]), incomplete, rejected


def _insert(connection: Connection, rows: Sequence[dict[str, Any]], *, now: datetime) -> set[str]:
    """Insert users whose email address is free; return their ids.

    A sign-up with one of these email addresses at the same time waits, or is waited for.
    """
    if not rows:
        return set()
    insert = _INSERT[connection.dialect.name](_USER).on_conflict_do_nothing()
    insert = insert.returning(_USER.c.id)
    added = set(connection.execute(insert, rows, execution_options=_INSERT_OPTIONS).scalars())
    # A user who changes an email address leaves such a link for the previous one, in a transaction
    # that the insert has waited for; an earlier query might miss it.
    reserved = sa.select(_LINK.c.email_normalized).where(
        _LINK.c.email_normalized.in_(
            [row["email_normalized"] for row in rows if row["id"] in added]
        ),
        _LINK.c.purpose == Purpose.SECURE_ACCOUNT,
        _LINK.c.expires_at > now,
    )
    delete_reserved = (
        sa.delete(_USER)
        .where(_USER.c.id.in_(added), _USER.c.email_normalized.in_(reserved))
        .returning(_USER.c.id)
    )
    return added - set(connection.execute(delete_reserved).scalars())


def _event_row(row: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    system, _, external_id = row["external_id"].partition(":")
    details = {"system": system, "external_id": external_id}
    return row_of_event(
        row["id"],
        EventType.ACCOUNT_IMPORTED,
        occurred_at=now,
        actor=Actor.OPERATOR,
        details=details,
    )


def _find_conflicts(
    connection: Connection, not_added: Sequence[dict[str, Any]]
) -> Iterator[Rejection]:
    """Yield why these were not added, except those that were imported before."""
    if not not_added:
        return
    existing = connection.execute(
        sa.select(_USER.c.email_normalized, _USER.c.external_id).where(
            _USER.c.email_normalized.in_([row["email_normalized"] for row in not_added])
            | _USER.c.external_id.in_([row["external_id"] for row in not_added])
        )
    ).all()
    emails = {row.external_id: row.email_normalized for row in existing}
    owners = {row.email_normalized: row.external_id for row in existing}
    for row in not_added:
        external_id, email_normalized = row["external_id"], row["email_normalized"]
        owner = owners.get(email_normalized) or ""
        system = external_id.partition(":")[0]
        if emails.get(external_id) == email_normalized:
            continue
        if external_id in emails:
            yield Rejection(external_id, row["email"], RejectionReason.ID_TWICE)
        elif owner.startswith(f"{system}:"):
            yield Rejection(external_id, row["email"], RejectionReason.EMAIL_TWICE, owner)
        else:
            yield Rejection(external_id, row["email"], RejectionReason.EMAIL_TAKEN)
