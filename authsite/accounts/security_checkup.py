"""What the owner of an account could do for its safety: a few suggestions, each of them true."""

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

#: More at once nobody follows.
MOST = 3
#: A device that was not seen for so long may not be at hand any more.
UNSEEN_FOR = timedelta(days=14)

#: By these, somebody has shown that they know the password.
_RIGHT_ONE = [
    kind.key
    for kind in (
        EventType.SIGNED_UP,
        EventType.SIGNED_IN,
        EventType.NEW_DEVICE_SIGN_IN,
        EventType.PASSWORD_CONFIRMED,
        EventType.PASSWORD_CHANGED,
        EventType.PASSWORD_RESET,
    )
]


class Issue(Enum):
    """What there may be to mend; what weighs most comes first."""

    EMAIL_CHANGE_WAITS = auto()
    WRONG_PASSWORDS = auto()
    EMAIL_UNVERIFIED = auto()
    PUBLIC_COMPUTERS = auto()
    UNSEEN_SESSIONS = auto()


class Recommendation(NamedTuple):
    """Something to mend, and what is so, in a sentence."""

    concern: Issue
    sentence: str


def recommendations_for(
    dbsession: Session, identity: Identity, *, now: datetime
) -> list[Recommendation]:
    """Return what whoever asks could mend, at most `MOST`; none when all is well."""
    owner = identity.user_id
    # The first one from the end, since the highest of all would be looked for in all of them.
    since = (
        sa.select(AuditEvent.occurred_at)
        .where(
            AuditEvent.user_id == owner,
            AuditEvent.occurred_at > now - KEPT_FOR,
            AuditEvent.type.in_(_RIGHT_ONE),
        )
        .order_by(AuditEvent.occurred_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    wrong = _count(
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
    row = dbsession.execute(sa.select(new_email, wrong, public, unseen)).one()
    return _in_words(identity, *row)[:MOST]


def _count(model: type, *these: "sa.ColumnElement[bool]") -> "sa.ScalarSelect[int]":
    return sa.select(sa.func.count()).select_from(model).where(*these).scalar_subquery()


def _in_words(
    identity: Identity, new_email: str | None, wrong: int, public: int, unseen: int
) -> list[Recommendation]:
    said = {}
    if new_email:
        said[Issue.EMAIL_CHANGE_WAITS] = (
            f"A change of your email to {new_email} is pending. Wasn't you?"
        )
    if wrong:
        attempts = "1 failed sign-in attempt" if wrong == 1 else f"{wrong} failed sign-in attempts"
        said[Issue.WRONG_PASSWORDS] = f"{attempts} since your last sign-in."
    if not identity.email_is_verified:
        said[Issue.EMAIL_UNVERIFIED] = "Your email is not verified."
    if public:
        computers = "a public computer" if public == 1 else f"{public} public computers"
        said[Issue.PUBLIC_COMPUTERS] = f"You're still signed in on {computers}."
    if unseen:
        devices = "another device" if unseen == 1 else f"{unseen} other devices"
        said[Issue.UNSEEN_SESSIONS] = f"You're signed in on {devices}, unused for two weeks."
    return [Recommendation(concern, said[concern]) for concern in Issue if concern in said]
