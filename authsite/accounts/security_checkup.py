"""Recommendations on the account page."""

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import NamedTuple

import sqlalchemy as sa

from authsite.accounts.email_links import Purpose
from authsite.accounts.sessions import Identity
from authsite.audit.event_types import EventType
from authsite.audit.store import KEPT_FOR
from authsite.db.compiled_select import Select
from authsite.models import AuditEvent, EmailLink, UserSession
from authsite.models.base import UtcDateTime

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


def _count(model: type, *conditions: "sa.ColumnElement[bool]") -> "sa.ScalarSelect[int]":
    return sa.select(sa.func.count()).select_from(model).where(*conditions).scalar_subquery()


_USER: sa.BindParameter[str] = sa.bindparam("user_id")
_NOW, _KEPT_SINCE, _UNSEEN_SINCE = (
    sa.bindparam(name, type_=UtcDateTime) for name in ("now", "kept_since", "unseen_since")
)
# `LIMIT 1` instead of `max()`, which would read all events.
_LAST_CORRECT_PASSWORD = (
    sa.select(AuditEvent.occurred_at)
    .where(
        AuditEvent.user_id == _USER,
        AuditEvent.occurred_at > _KEPT_SINCE,
        AuditEvent.type.in_([sa.literal(key) for key in _CORRECT_PASSWORD]),
    )
    .order_by(AuditEvent.occurred_at.desc())
    .limit(1)
    .scalar_subquery()
)
_ELSEWHERE = (
    UserSession.user_id == _USER,
    UserSession.id != sa.bindparam("session_id"),
    UserSession.expires_at > _NOW,
)
#: The select of `recommendations_for`.
CHECKUP = sa.select(
    sa.select(sa.func.max(EmailLink.email))
    .where(
        EmailLink.user_id == _USER,
        EmailLink.purpose.in_(
            [sa.literal(each) for each in (Purpose.CHANGE_EMAIL, Purpose.VERIFY_NEW_EMAIL)]
        ),
        EmailLink.expires_at > _NOW,
    )
    .scalar_subquery(),
    _count(
        AuditEvent,
        AuditEvent.user_id == _USER,
        AuditEvent.occurred_at > sa.func.coalesce(_LAST_CORRECT_PASSWORD, _KEPT_SINCE),
        AuditEvent.type == EventType.SIGN_IN_FAILED.key,
    ),
    _count(UserSession, *_ELSEWHERE, UserSession.public_computer.is_(True)),
    _count(UserSession, *_ELSEWHERE, UserSession.last_seen_at < _UNSEEN_SINCE),
)


def recommendations_for(
    checkup: Select, identity: Identity, *, now: datetime
) -> list[Recommendation]:
    """Return at most `MAX_RECOMMENDATIONS` for the signed-in user.

    `checkup` is `CHECKUP`, compiled for the database.
    """
    row = checkup.one_or_none(
        user_id=identity.user_id,
        session_id=identity.session_id,
        now=now,
        kept_since=now - KEPT_FOR,
        unseen_since=now - UNSEEN_FOR,
    )
    assert row is not None  # noqa: S101 - for the type checker: a select of counts has a row
    return _describe(identity, *row)[:MAX_RECOMMENDATIONS]


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
