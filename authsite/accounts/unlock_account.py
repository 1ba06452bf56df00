"""Unlock an account: find what throttles its user, and start the counts again."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.email_limits import (
    RESET_BY_ADMINISTRATORS,
    VERIFY_BY_ADMINISTRATORS,
    VERIFY_EMAIL,
    email_subjects,
)
from authsite.accounts.email_links import link_subject
from authsite.accounts.forgot_password import RESET_PASSWORD
from authsite.accounts.sign_in import account_subjects
from authsite.accounts.sign_up import SIGN_UP_EXISTING_ACCOUNT
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import EventType
from authsite.models import AuditEvent, User
from authsite.throttling.throttles import RateLimited, Throttles

#: The limits per network.
NETWORK_LIMITS = (
    "sign_in_network",
    "sign_in_attempts_network",
    "new_password_network",
    "email_network",
    "sign_up_network",
)
#: The templates of emails that are requested for an account.
_TEMPLATES = (
    VERIFY_EMAIL,
    RESET_PASSWORD,
    SIGN_UP_EXISTING_ACCOUNT,
    VERIFY_BY_ADMINISTRATORS,
    RESET_BY_ADMINISTRATORS,
)
#: The last networks of an account that are looked at.
_RECENT = timedelta(days=1)
_MAX_NETWORKS = 5


class Throttled(NamedTuple):
    """A limit that refuses attempts until then; of the account, or of a network."""

    limit: str
    until: datetime
    network: str | None = None


def find_throttled(
    dbsession: Session,
    throttles: Throttles,
    *,
    user_id: str,
    email_normalized: str,
    now: datetime,
) -> list[Throttled]:
    """Return the limits of the account, and of its last five networks, that are reached.

    Those of its devices are unknown: no row names them.
    """
    found = list(_reached(throttles, subjects_of(user_id, email_normalized), now=now))
    for network in _recent_networks(dbsession, user_id, now=now):
        reached = _reached(throttles, _of_network(network), now=now)
        found += [each._replace(network=network) for each in reached]
    return found


def unlock_account(work: UnitOfWork, user: User, *, networks: Iterable[str] = ()) -> None:
    """Forget the attempts that were counted for the account, on all its devices.

    Networks share their limits with other users: only those of `networks` are reset. The caller has
    locked the user.
    """
    user.unlocked_at = work.now
    work.dbsession.flush()
    subjects = subjects_of(user.id, user.email_normalized)
    networks = list(networks)
    for network in networks:
        subjects += _of_network(network)
    work.throttles.reset_within(work.dbsession.connection(), subjects)
    details = {"networks": ", ".join(networks)} if networks else None
    work.audit.record(user.id, EventType.UNLOCKED, details=details)


def subjects_of(user_id: str, email_normalized: str) -> list[tuple[str, str]]:
    """Return the limits of the account with their subjects, apart from those of its devices."""
    return [
        *account_subjects(email_normalized),
        ("new_password_account", user_id),
        *email_subjects(_TEMPLATES, email_normalized),
        link_subject(user_id, email_normalized),
    ]


def _of_network(network: str) -> list[tuple[str, str]]:
    return [(limit, network) for limit in NETWORK_LIMITS]


def _reached(
    throttles: Throttles, subjects: Iterable[tuple[str, str]], *, now: datetime
) -> Iterator[Throttled]:
    """Yield each limit that is reached once, by the longest delay of its subjects."""
    until: dict[str, datetime] = {}
    for limit, subject in subjects:
        try:
            throttles.check({limit: subject}, now=now)
        except RateLimited as limited:
            end = now + limited.retry_after
            until[limit] = max(end, until.get(limit, end))
    return (Throttled(limit, end) for limit, end in until.items())


def _recent_networks(dbsession: Session, user_id: str, *, now: datetime) -> list[str]:
    recent = (
        sa.select(AuditEvent.network)
        .where(
            AuditEvent.user_id == user_id,
            AuditEvent.occurred_at > now - _RECENT,
            AuditEvent.network.is_not(None),
        )
        .group_by(AuditEvent.network)
        .order_by(sa.func.max(AuditEvent.occurred_at).desc())
        .limit(_MAX_NETWORKS)
    )
    return [str(each) for each in dbsession.scalars(recent)]
