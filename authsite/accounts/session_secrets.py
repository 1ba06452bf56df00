"""Rotate the secret of a session after a re-authentication.

A browser may have requests under way when one of them rotates the secret. So that none of them
signs its user out, the previous secret identifies the session for 30 seconds more, without the
privileges of the re-authentication.
"""

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.models import UserSession
from authsite.tokens import SessionToken

#: How long a previous secret identifies its session: longer than an answer takes, and too short to
#: be of use to the holder of a copied cookie.
PREVIOUS_SECRET_LIFETIME = timedelta(seconds=30)

_SALT_BYTES = 16


def is_current(token: SessionToken) -> "sa.ColumnElement[bool]":
    """Return the condition that the session has the secret of this token."""
    return sa.and_(UserSession.id == token.id, UserSession.secret_digest == token.digest)


def is_previous(token: SessionToken, *, now: datetime) -> "sa.ColumnElement[bool]":
    """Return the condition that the session had the secret of this token a moment ago."""
    return sa.and_(
        UserSession.id == token.id,
        UserSession.previous_secret_digest == token.digest,
        UserSession.rotated_at > now - PREVIOUS_SECRET_LIFETIME,
    )


def rotate_session_secret(
    dbsession: Session, token: SessionToken, *, user_id: str, key: bytes, now: datetime
) -> tuple[SessionToken, datetime] | None:
    """Give the session of this token a new secret after a re-authentication.

    Returns the new token and when the session expires, or None if it has ended. The session keeps
    its id, so that forms in other tabs stay valid, while copies of its previous cookie become
    invalid (ASVS 7.2.4).

    If two requests of a browser do this at once, the second has the previous secret by then. It
    gets the same new token as the first: whichever response arrives last, or alone, the browser has
    the current secret. `key` is that of the site.
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    new = token.rotated(key, salt)
    reauthenticate = (
        sa.update(UserSession)
        .where(UserSession.user_id == user_id)
        .values(authenticated_at=now)
        .returning(UserSession.expires_at, UserSession.rotation_salt, UserSession.secret_digest)
    )
    rotate = reauthenticate.where(is_current(token)).values(
        secret_digest=new.digest,
        previous_secret_digest=token.digest,
        rotation_salt=salt,
        rotated_at=now,
    )
    row = dbsession.execute(rotate).one_or_none()
    if row is None:
        again = reauthenticate.where(is_previous(token, now=now))
        row = dbsession.execute(again).one_or_none()
    if row is None:
        return None
    new = token.rotated(key, row.rotation_salt)
    # With another key (`authsite.secret` was replaced meanwhile) the token cannot be computed.
    return (new, row.expires_at) if new.matches(row.secret_digest) else None
