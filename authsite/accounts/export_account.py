"""All data of an account, for its user (GDPR, articles 15 and 20)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.audit.queries import latest_history, to_dict
from authsite.mail.composer import CHANGE_EMAIL
from authsite.models import EmailLink, OutboxMessage, User, UserSession
from authsite.throttling.throttles import Throttles

_USER = (
    User.first_name,
    User.last_name,
    User.email,
    User.email_verified_at,
    User.created_at,
    User.delete_after,
    User.suspended_at,
    User.suspension_reason,
    User.devices_valid_since,
    User.is_administrator,
    User.external_id,
    User.unlocked_at,
)
_SESSION = (
    UserSession.created_at,
    UserSession.last_seen_at,
    UserSession.authenticated_at,
    UserSession.rotated_at,
    UserSession.expires_at,
    UserSession.public_computer,
    UserSession.auth_method,
    UserSession.name,
    UserSession.user_agent,
    UserSession.ip_address,
)
_EMAIL = (
    OutboxMessage.template,
    OutboxMessage.recipient,
    OutboxMessage.send_at,
    OutboxMessage.delivered_at,
)
_LINK = (EmailLink.purpose, EmailLink.email, EmailLink.created_at, EmailLink.expires_at)


@contextmanager
def count_export(throttles: Throttles, user_id: str, *, now: datetime) -> Iterator[None]:
    """Count a download, and let the account have no other one during the block.

    Raises `RateLimited`. A process that ends during the block leaves the account's place to the
    next download when the period of `throttle.export_running` is over.
    """
    running = throttles.hit({"export_running": user_id}, now=now)
    try:
        throttles.hit({"export_account": user_id}, now=now)
        yield
    finally:
        throttles.refund(running)


def export_account(dbsession: Session, user_id: str, *, now: datetime) -> dict[str, Any]:
    """Return the data as JSON values; times are in ISO 8601, in UTC.

    It has the newest events of the history, at most `MAX_AT_ONCE`; `/account/history.json` has
    all. The password hash and the digests of sessions and links are left out, since files leak.
    """

    def rows(columns: Sequence[Any], owner: Any, order: Any) -> list[dict[str, Any]]:
        query = sa.select(*columns).where(owner == user_id).order_by(order)
        return [
            {name: _plain(value) for name, value in row.items()}
            for row in dbsession.execute(query).mappings()
        ]

    (user,) = rows(_USER, User.id, User.id)
    return {
        "account": user,
        "sessions": rows(_SESSION, UserSession.user_id, UserSession.created_at),
        # Except the one to a requested new email address, which is sent only if that is free.
        "emails": [
            email
            for email in rows(_EMAIL, OutboxMessage.user_id, OutboxMessage.send_at)
            if email["template"] != CHANGE_EMAIL
        ],
        "history": [to_dict(entry) for entry in latest_history(dbsession, user_id, now=now)],
        "email_links": rows(_LINK, EmailLink.user_id, EmailLink.created_at),
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
