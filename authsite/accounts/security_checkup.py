"""What the owner of an account could do for its safety: a few suggestions, each of them true."""

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import NamedTuple

import sqlalchemy as sa

from authsite.accounts.email_links import Purpose
from authsite.accounts.sessions import Identity
from authsite.audit.event_types import EventType
from authsite.audit.store import KEPT_FOR
from authsite.db.compiled_select import CompiledSelect
from authsite.models import AuditEvent, EmailLink, UserSession
from authsite.models.base import UtcDateTime

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


def _count(model: type, *these: "sa.ColumnElement[bool]") -> "sa.ScalarSelect[int]":
    return sa.select(sa.func.count()).select_from(model).where(*these).scalar_subquery()


_USER: sa.BindParameter[str] = sa.bindparam("user_id")
_NOW, _KEPT_SINCE, _UNSEEN_SINCE = (
    sa.bindparam(name, type_=UtcDateTime) for name in ("now", "kept_since", "unseen_since")
)
# The first one from the end, since the highest of all would be looked for in all of them.
_LAST_RIGHT_ONE = (
    sa.select(AuditEvent.occurred_at)
    .where(
        AuditEvent.user_id == _USER,
        AuditEvent.occurred_at > _KEPT_SINCE,
        AuditEvent.type.in_([sa.literal(key) for key in _RIGHT_ONE]),
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
        EmailLink.purpose == Purpose.CHANGE_EMAIL,
        EmailLink.expires_at > _NOW,
    )
    .scalar_subquery(),
    _count(
        AuditEvent,
        AuditEvent.user_id == _USER,
        AuditEvent.occurred_at > sa.func.coalesce(_LAST_RIGHT_ONE, _KEPT_SINCE),
        AuditEvent.type == EventType.SIGN_IN_FAILED.key,
    ),
    _count(UserSession, *_ELSEWHERE, UserSession.public_computer.is_(True)),
    _count(UserSession, *_ELSEWHERE, UserSession.last_seen_at < _UNSEEN_SINCE),
)


def recommendations_for(
    checkup: CompiledSelect, identity: Identity, *, now: datetime
) -> list[Recommendation]:
    """Return what the user could fix, at most `MOST`; none when all is well.

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
    return _in_words(identity, *row)[:MOST]


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
