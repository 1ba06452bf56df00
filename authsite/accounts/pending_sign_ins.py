"""Pending sign-ins: a credential was accepted, and another stage is still due."""

from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.sign_in import SignIn
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import (
    AccountSuspended,
    Credential,
    is_due_for_deletion,
    lock_user,
)
from authsite.audit.event_types import AuthMethod
from authsite.models import PendingSignIn, User
from authsite.tokens import SessionToken

#: How long a stage can be completed.
PENDING_SIGN_IN_LIFETIME = timedelta(minutes=10)


class SignInExpired(Exception):
    """The pending sign-in was completed, replaced or revoked, or has expired."""


class PendingSignInInfo(NamedTuple):
    """A pending sign-in and its account, as plain values."""

    id: str
    user_id: str
    auth_method: AuthMethod
    public_computer: bool
    next_path: str | None
    created_at: datetime
    email: str
    delete_after: datetime | None


def create_pending_sign_in(work: UnitOfWork, sign_in: SignIn, stage: str) -> SessionToken:
    """Write a sign-in that this stage interrupts; return the token of its cookie."""
    token = SessionToken.new()
    work.dbsession.add(
        PendingSignIn(
            id=token.id,
            secret_digest=token.digest,
            user_id=sign_in.credential.user_id,
            stage=stage,
            auth_method=sign_in.auth_method.key,
            public_computer=sign_in.public_computer,
            next=sign_in.next_path,
            created_at=work.now,
            expires_at=work.now + PENDING_SIGN_IN_LIFETIME,
        )
    )
    return token


def find_pending_sign_in(
    dbsession: Session, token: SessionToken, *, stage: str, now: datetime
) -> PendingSignInInfo | None:
    """Return the pending sign-in of this token if this stage interrupted it, or None."""
    row = dbsession.execute(
        sa.select(
            PendingSignIn.secret_digest,
            PendingSignIn.id,
            PendingSignIn.user_id,
            PendingSignIn.auth_method,
            PendingSignIn.public_computer,
            PendingSignIn.next,
            PendingSignIn.created_at,
            User.email,
            User.delete_after,
        )
        .join(User, User.id == PendingSignIn.user_id)
        .where(
            PendingSignIn.id == token.id,
            PendingSignIn.stage == stage,
            PendingSignIn.expires_at > now,
        )
    ).one_or_none()
    if row is None or not token.matches(row.secret_digest):
        return None
    pending = PendingSignInInfo._make(row[1:])
    return pending._replace(auth_method=AuthMethod[row.auth_method.upper()])


def delete_pending_sign_in(dbsession: Session, token: SessionToken) -> None:
    """Delete the pending sign-in of this token, if there is one."""
    dbsession.execute(
        sa.delete(PendingSignIn).where(
            PendingSignIn.id == token.id, PendingSignIn.secret_digest == token.digest
        )
    )


def resume_pending_sign_in(work: UnitOfWork, pending: PendingSignInInfo) -> tuple[SignIn, User]:
    """Use the pending sign-in up; return the sign-in and its user, locked.

    One statement decides, so that of simultaneous attempts one goes on (ASVS 2.3.4). Raises
    `SignInExpired`, or `AccountSuspended`.
    """
    user = lock_user(work.dbsession, pending.user_id)
    deleted = work.dbsession.execute(
        sa.delete(PendingSignIn)
        .where(PendingSignIn.id == pending.id, PendingSignIn.expires_at > work.now)
        .returning(PendingSignIn.id)
    ).one_or_none()
    credential = Credential.of(user) if user and deleted else None
    if user is None or credential is None or is_due_for_deletion(credential, now=work.now):
        raise SignInExpired
    if user.suspended_at:
        raise AccountSuspended(user.suspension_reason)
    sign_in = SignIn(
        credential,
        user.email_normalized,
        auth_method=pending.auth_method,
        public_computer=pending.public_computer,
        next_path=pending.next_path,
        authenticated_at=pending.created_at,
    )
    return sign_in, user
