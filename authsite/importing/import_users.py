"""Inserting imported users in batches; safe to repeat."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from authsite.importing.errors import UnusableSource
from authsite.importing.imported_user import (
    ImportedUser,
    ImportRejected,
    Rejection,
    RejectionReason,
)
from authsite.models import EmailLink, User

#: Users in one transaction, for which other writers wait.
BATCH = 500
#: Rejections in a row after which a source counts as endless, or as something else than users.
MAX_REJECTIONS = 100_000
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

    The counts are `read`, `imported`, `already_imported`, `rejected` and `skipped`; and of the
    imported users those `without_password`, `without_full_name` and `suspended`. `unused_hashes`
    counts the formats of hashes that were left out. `rejected` contains those skipped, too.
    """

    counts: Counter[str]
    rejected: Sequence[Rejection]
    unused_hashes: Counter[str]


@contextmanager
def dry_run(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction that is rolled back at the end of the block."""
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def import_users(
    begin: Begin,
    users: Iterable[ImportedUser | Rejection],
    *,
    now: datetime,
    operator: str | None = None,
    size: int = BATCH,
) -> Iterator[Batch]:
    """Import users who were not imported before, and yield each batch when it is committed.

    `begin` begins the write transaction of a batch; events have the name of the `operator`. Users
    whose external id exists are left unchanged, so that an interrupted import can be repeated.
    Rejections among `users` are counted. Raises `UnusableSource` for a source that repeats itself
    or has no users.
    """
    remaining = iter(users)
    rejections = 0
    while chunk := list(itertools.islice(remaining, size)):
        rows, sources, rejected = _validate(chunk, now=now)
        if len(chunk) == BATCH and len({user.external_id for user in chunk}) == 1 and rows:
            raise UnusableSource(f"{BATCH} users in a row have the same id: is the source endless?")
        with begin() as connection:
            added = _insert(connection, rows, now=now)
            imported = [row for row in rows if row["id"] in added]
            events = [_event_row(row, now=now, operator=operator) for row in imported]
            write_rows(connection, events)
            not_added = [row for row in rows if row["id"] not in added]
            conflicts = list(_find_conflicts(connection, not_added, sources))
        rejected += conflicts
        skipped = sum(each.reason is RejectionReason.INACTIVE for each in rejected)
        counts = {
            "read": len(chunk),
            "imported": len(imported),
            "already_imported": len(not_added) - len(conflicts),
            "rejected": len(rejected) - skipped,
            "skipped": skipped,
            "without_password": sum(row["password_hash"] is None for row in imported),
            "without_full_name": sum(not sources[row["id"]].has_full_name for row in imported),
            "suspended": sum(row["suspended_at"] is not None for row in imported),
        }
        unused_hashes = (sources[row["id"]].unused_hash for row in imported)
        yield Batch(Counter(counts), rejected, Counter(filter(None, unused_hashes)))
        rejections = rejections + len(chunk) if counts["rejected"] == len(chunk) else 0
        if rejections >= MAX_REJECTIONS:
            last = rejected[-1].reason
            raise UnusableSource(f"{rejections} users in a row were rejected, the last as: {last}")


def _validate(
    users: Iterable[ImportedUser | Rejection], *, now: datetime
) -> tuple[list[dict[str, Any]], dict[str, ImportedUser], list[Rejection]]:
    """Return rows to insert, the user of each row by its id, and the rejections."""
    rows: list[dict[str, Any]] = []
    sources: dict[str, ImportedUser] = {}
    rejected: list[Rejection] = []
    for user in users:
        if isinstance(user, Rejection):
            rejected.append(user)
            continue
        try:
            row = user.row(now=now)
        except ImportRejected as error:
            rejected.append(user.reject(error.reason, error.detail))
            continue
        rows.append(row)
        sources[row["id"]] = user
    # In one order, so that two imports at the same time do not deadlock.
    return sorted(rows, key=lambda row: row["email_normalized"]), sources, rejected


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


def _event_row(row: dict[str, Any], *, now: datetime, operator: str | None) -> dict[str, Any]:
    system, _, external_id = row["external_id"].partition(":")
    details = {"system": system, "external_id": external_id}
    return row_of_event(
        row["id"],
        EventType.ACCOUNT_IMPORTED,
        occurred_at=now,
        actor=Actor.OPERATOR,
        actor_name=operator,
        details=details,
    )


def _find_conflicts(
    connection: Connection,
    not_added: Sequence[dict[str, Any]],
    sources: Mapping[str, ImportedUser],
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
        user = sources[row["id"]]
        if emails.get(external_id) == email_normalized:
            continue
        if external_id in emails:
            yield user.reject(RejectionReason.ID_TWICE)
        elif owner.startswith(f"{system}:"):
            yield user.reject(RejectionReason.EMAIL_TWICE, owner)
        else:
            yield user.reject(RejectionReason.EMAIL_TAKEN)
