"""Notes on an account, by administrators and operators; its user does not see them."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import EventType
from authsite.models import AccountNote, User
from authsite.models.user import NO_LAST_NAME
from authsite.tokens import new_id

#: Maximum characters, as in the column.
MAX_NOTE = 2000
#: Notes that are listed.
MAX_LISTED = 100


class Note(NamedTuple):
    """A note and its author; the name is None for a deleted administrator."""

    id: str
    created_at: datetime
    actor: str
    actor_id: str | None
    author: str | None
    text: str


def add_note(work: UnitOfWork, user: User, text: str) -> None:
    """Add a note; the history of the account shows that, without the text.

    The caller has locked the user.
    """
    source = work.audit.source
    work.dbsession.execute(
        sa.insert(AccountNote),
        {
            "id": new_id(),
            "user_id": user.id,
            "created_at": work.now,
            "actor": source.actor.value,
            "actor_id": source.actor_id,
            "actor_name": source.actor_name,
            "text": text,
        },
    )
    work.audit.record(user.id, EventType.NOTE_ADDED)


def find_notes(dbsession: Session, user_id: str, *, limit: int = MAX_LISTED) -> list[Note]:
    """Return at most `limit` notes on the account, the newest first."""
    administrator = sa.case(
        (User.last_name == NO_LAST_NAME, User.first_name),
        else_=User.first_name + " " + User.last_name,
    )
    author = sa.func.coalesce(administrator, AccountNote.actor_name)
    rows = dbsession.execute(
        sa.select(
            AccountNote.id,
            AccountNote.created_at,
            AccountNote.actor,
            AccountNote.actor_id,
            author,
            AccountNote.text,
        )
        .outerjoin(User, User.id == AccountNote.actor_id)
        .where(AccountNote.user_id == user_id)
        .order_by(AccountNote.created_at.desc(), AccountNote.id.desc())
        .limit(limit)
    )
    return [Note._make(row) for row in rows]
