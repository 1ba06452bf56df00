"""Proving that mail to an address reaches the one who has the account."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsite.accounts.email_links import DeadLink, Purpose, follow_link, issue_link, void_links
from authsite.accounts.end_sessions import close_sessions
from authsite.accounts.outbox import Outbox
from authsite.accounts.sign_in import hold_credential, user_of_credential
from authsite.accounts.users import Credential, held_user_of_id
from authsite.audit.event_types import EndReason, Kind
from authsite.audit.recorder import Journal
from authsite.durations import in_words
from authsite.models import User
from authsite.throttling.mail_limits import may_mail
from authsite.throttling.throttles import Throttles
from authsite.tokens import LinkToken

#: The kind of the mail, which is counted under this name.
VERIFY_EMAIL = "verify_email"


def ask_to_verify(
    dbsession: Session, user: User, *, outbox: Outbox, verify_within: timedelta, now: datetime
) -> None:
    """Write to the user's address a link by which its owner proves that it is theirs."""
    token = issue_link(
        dbsession,
        user,
        Purpose.VERIFY_EMAIL,
        email=user.email,
        email_key=user.email_key,
        lifetime=verify_within,
        now=now,
    )
    outbox.put(
        dbsession,
        VERIFY_EMAIL,
        to=user.email,
        user_id=user.id,
        now=now,
        link=outbox.link_to("verify-email", str(token)),
        lifetime=in_words(verify_within),
    )


def ask_who_signs_in(
    dbsession: Session,
    credential: Credential,
    *,
    throttles: Throttles,
    outbox: Outbox,
    email_key: str,
    verify_within: timedelta,
    now: datetime,
) -> None:
    """Write to who has shown the password of an account, but nothing too soon after the last mail.

    Raises `WrongCredentials` when the credential stands no more.
    """
    may_ask = may_mail(throttles, VERIFY_EMAIL, email_key, now=now)
    hold_credential(dbsession, credential)
    if may_ask is not None:
        user = dbsession.get_one(User, credential.user_id)
        ask_to_verify(dbsession, user, outbox=outbox, verify_within=verify_within, now=now)


def verify_email(
    dbsession: Session, token: LinkToken, *, user_id: str, journal: Journal, now: datetime
) -> None:
    """Take the address as proven by this user, who is signed in.

    Raises `DeadLink`, also when the link is another's, or the account has another address by now.
    """
    user = held_user_of_id(dbsession, user_id)
    _verify(dbsession, token, user, journal=journal, now=now)


def verify_email_by_password(
    dbsession: Session,
    token: LinkToken,
    credential: Credential,
    *,
    journal: Journal,
    now: datetime,
) -> None:
    """Take the address as proven by whoever has shown the password of the account.

    Raises `DeadLink` as `verify_email` does, and `WrongCredentials` when the credential stands no
    more.
    """
    user = user_of_credential(dbsession, credential)
    _verify(dbsession, token, user, journal=journal, now=now)


def claim_account(
    dbsession: Session,
    token: LinkToken,
    *,
    user_id: str,
    journal: Journal,
    reset_within: timedelta,
    now: datetime,
) -> LinkToken:
    """Give an account whose address nobody had proven, clean, to who has shown nothing else.

    Whoever signed up with somebody else's address is out: their password is void, their sessions
    have ended, and no link of theirs leads anywhere. Returns the token of a link by which a
    password is chosen. Raises `DeadLink`, also when the address was proven before.
    """
    user = held_user_of_id(dbsession, user_id)
    if user is None or user.email_verified_at:
        raise DeadLink
    user = _follow(dbsession, token, user, now=now)
    user.email_verified_at, user.password_hash, user.known_since = now, None, now
    dbsession.flush()
    journal.write(dbsession, user.id, Kind.CLAIMED, now=now)
    close_sessions(dbsession, user.id, journal=journal, why=EndReason.CLAIMED, now=now)
    void_links(dbsession, user.id, list(Purpose))
    return issue_link(
        dbsession,
        user,
        Purpose.RESET_PASSWORD,
        email=user.email,
        email_key=user.email_key,
        lifetime=reset_within,
        now=now,
    )


def _verify(
    dbsession: Session, token: LinkToken, user: User | None, *, journal: Journal, now: datetime
) -> None:
    owner = _follow(dbsession, token, user, now=now)
    owner.email_verified_at = now
    dbsession.flush()
    details = {"to": owner.email}
    journal.write(dbsession, owner.id, Kind.EMAIL_VERIFIED, now=now, details=details)


def _follow(dbsession: Session, token: LinkToken, user: User | None, *, now: datetime) -> User:
    """Spend the link of this user, and return them; raise `DeadLink` if it proves nothing of them.

    The user is held already: a sign-in that holds them too has written its session by then.
    """
    link = follow_link(dbsession, token, purpose=Purpose.VERIFY_EMAIL, now=now)
    if user is None or (user.id, user.email_key) != (link.user_id, link.email_key):
        raise DeadLink
    return user
