"""Recommendations on the account page."""

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.email_links import Purpose
from authsite.accounts.sessions import Identity
from authsite.audit.event_types import EventType
from authsite.audit.store import KEPT_FOR
from authsite.models import AuditEvent, EmailLink, UserSession

#: Users ignore longer lists.
MAX_RECOMMENDATIONS = 3
#: A session that was not used for this long may be on a device that is lost.
UNSEEN_FOR = timedelta(days=14)

#: Events in which the user has proven to know the password.
_CORRECT_PASSWORD = [
    event_type.key
    for event_type in (
        EventType.SIGNED_UP,
        EventType.SIGNED_IN,
        EventType.NEW_DEVICE_SIGN_IN,
        EventType.PASSWORD_CONFIRMED,
        EventType.PASSWORD_CHANGED,
        EventType.PASSWORD_RESET,
    )
]


class Issue(Enum):
    """What a recommendation is about, the most important first."""

    EMAIL_CHANGE_WAITS = auto()
    WRONG_PASSWORDS = auto()
    EMAIL_UNVERIFIED = auto()
    PUBLIC_COMPUTERS = auto()
    UNSEEN_SESSIONS = auto()


class Recommendation(NamedTuple):
    """An issue of the account, described in a sentence."""

    issue: Issue
    sentence: str


def recommendations_for(
    dbsession: Session, identity: Identity, *, now: datetime
) -> list[Recommendation]:
    """Return at most `MAX_RECOMMENDATIONS` for the signed-in user."""
    owner = identity.user_id
    # `LIMIT 1` instead of `max()`, which would read all events.
    since = (
        sa.select(AuditEvent.occurred_at)
        .where(
            AuditEvent.user_id == owner,
            AuditEvent.occurred_at > now - KEPT_FOR,
            AuditEvent.type.in_(_CORRECT_PASSWORD),
        )
        .order_by(AuditEvent.occurred_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    failures = _count(
        AuditEvent,
        AuditEvent.user_id == owner,
        AuditEvent.occurred_at
        > sa.func.coalesce(since, sa.literal(now - KEPT_FOR, AuditEvent.occurred_at.type)),
        AuditEvent.type == EventType.SIGN_IN_FAILED.key,
    )
    new_email = (
        sa.select(sa.func.max(EmailLink.email))
        .where(
            EmailLink.user_id == owner,
            EmailLink.purpose == Purpose.CHANGE_EMAIL,
            EmailLink.expires_at > now,
        )
        .scalar_subquery()
    )
    elsewhere = (
        UserSession.user_id == owner,
        UserSession.id != identity.session_id,
        UserSession.expires_at > now,
    )
    public = _count(UserSession, *elsewhere, UserSession.public_computer.is_(True))
    unseen = _count(UserSession, *elsewhere, UserSession.last_seen_at < now - UNSEEN_FOR)
    row = dbsession.execute(sa.select(new_email, failures, public, unseen)).one()
    return _describe(identity, *row)[:MAX_RECOMMENDATIONS]


def _count(model: type, *conditions: "sa.ColumnElement[bool]") -> "sa.ScalarSelect[int]":
    return sa.select(sa.func.count()).select_from(model).where(*conditions).scalar_subquery()


def _describe(
    identity: Identity, new_email: str | None, failures: int, public: int, unseen: int
) -> list[Recommendation]:
    sentences = {}
    if new_email:
        sentences[Issue.EMAIL_CHANGE_WAITS] = (
            f"A change of your email to {new_email} is pending. Wasn't you?"
        )
    if failures:
        attempts = f"{failures} failed sign-in attempt{'s' * (failures > 1)}"
        sentences[Issue.WRONG_PASSWORDS] = f"{attempts} since your last sign-in."
    if not identity.email_is_verified:
        sentences[Issue.EMAIL_UNVERIFIED] = "Your email is not verified."
    if public:
        computers = "a public computer" if public == 1 else f"{public} public computers"
        sentences[Issue.PUBLIC_COMPUTERS] = f"You're still signed in on {computers}."
    if unseen:
        devices = "another device" if unseen == 1 else f"{unseen} other devices"
        sentences[Issue.UNSEEN_SESSIONS] = f"You're signed in on {devices}, unused for two weeks."
    return [Recommendation(issue, sentences[issue]) for issue in Issue if issue in sentences]
