"""Everything that is kept about a person, for themselves (GDPR, articles 15 and 20)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.audit.queries import as_plain, newest_of
from authsite.mail.composer import CHANGE_EMAIL
from authsite.models import OutboxMessage, PendingLink, User, UserSession

_USER = (
    User.first_name,
    User.last_name,
    User.email,
    User.email_verified_at,
    User.created_at,
    User.closes_at,
    User.frozen_at,
    User.frozen_reason,
    User.known_since,
    User.is_administrator,
    User.former_id,
)
_SESSION = (
    UserSession.created_at,
    UserSession.last_seen_at,
    UserSession.confirmed_at,
    UserSession.expires_at,
    UserSession.public_computer,
    UserSession.method,
    UserSession.name,
    UserSession.user_agent,
    UserSession.network_address,
)
_MAIL = (
    OutboxMessage.kind,
    OutboxMessage.recipient,
    OutboxMessage.due_at,
    OutboxMessage.delivered_at,
)
_LINK = (PendingLink.purpose, PendingLink.email, PendingLink.created_at, PendingLink.expires_at)


def data_of(dbsession: Session, user_id: str, *, now: datetime) -> dict[str, Any]:
    """Return all of it as values that JSON knows; times are in ISO 8601, in UTC.

    Of the history, the newest events are in it, as many as fit into memory; all of them are in
    `/account/history.json`. Secrets are left out, the hash of the password and digests of sessions
    and links among them: a file on a disk must not be a way in.
    """

    def rows(columns: Sequence[Any], of: Any, order: Any) -> list[dict[str, Any]]:
        found = sa.select(*columns).where(of == user_id).order_by(order)
        return [
            {name: _plain(value) for name, value in row.items()}
            for row in dbsession.execute(found).mappings()
        ]

    (user,) = rows(_USER, User.id, User.id)
    return {
        "account": user,
        "sessions": rows(_SESSION, UserSession.user_id, UserSession.created_at),
        # But for that to an address that was asked for: only a free one has had it.
        "mails": [
            mail
            for mail in rows(_MAIL, OutboxMessage.user_id, OutboxMessage.due_at)
            if mail["kind"] != CHANGE_EMAIL
        ],
        "history": [as_plain(entry) for entry in newest_of(dbsession, user_id, now=now)],
        "pending_links": rows(_LINK, PendingLink.user_id, PendingLink.created_at),
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
