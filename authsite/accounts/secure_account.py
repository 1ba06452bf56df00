"""Taking an account back, by the link of a mail that told its reader of what somebody else did."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsite.accounts.close_account import cancel_closing
from authsite.accounts.email_links import (
    DeadLink,
    FollowedLink,
    OpenLink,
    Purpose,
    counted_try,
    follow_link,
    issue_link,
    void_all_but_disavowals,
    void_all_but_older_disavowals,
)
from authsite.accounts.end_sessions import close_sessions
from authsite.accounts.outbox import Outbox
from authsite.accounts.users import EmailTaken, giving_email, held_user_of_id
from authsite.audit.event_types import EndReason, Kind
from authsite.audit.recorder import Journal
from authsite.models import User
from authsite.throttling.throttles import Hit, Throttles
from authsite.tokens import LinkToken


class FormerAddressTaken(Exception):
    """Another account has the address by now, so that this one cannot have it back."""


def not_me(
    dbsession: Session,
    token: LinkToken,
    *,
    link: OpenLink | None,
    throttles: Throttles,
    journal: Journal,
    outbox: Outbox,
    reset_within: timedelta,
    network: str,
    now: datetime,
) -> tuple[LinkToken, Sequence[Hit]]:
    """Lock everybody out, give the account back the address of the link, and let it be kept.

    `link` is what the token was when it was looked at. Returns the token of a link by which a new
    password is chosen, and the tries to give back once the transaction has ended. What was told
    before, to whoever had the account then, can still be disavowed: so a thief who has mails sent
    to an address of their own gains nothing, whether they use theirs first or last.

    Raises `Throttled`, `DeadLink`, or `FormerAddressTaken`; then everybody is locked out all the
    same, which is to be kept, and the link can be used once more.
    """
    hits = counted_try(throttles, link=link, network=network, now=now)
    user = held_user_of_id(dbsession, link.user_id) if link else None
    if user is None:
        raise DeadLink
    try:
        with giving_email(dbsession):
            followed = follow_link(dbsession, token, purpose=Purpose.NOT_ME, now=now)
            _give_address_back(dbsession, user, followed, journal=journal, outbox=outbox, now=now)
    except EmailTaken as error:
        _secure(dbsession, user, journal=journal, now=now)
        void_all_but_disavowals(dbsession, user.id)
        raise FormerAddressTaken from error
    _secure(dbsession, user, journal=journal, now=now)
    void_all_but_older_disavowals(dbsession, followed)
    chosen_by = issue_link(
        dbsession,
        user,
        Purpose.RESET_PASSWORD,
        email=user.email,
        email_key=user.email_key,
        lifetime=reset_within,
        now=now,
    )
    return chosen_by, hits


def _give_address_back(
    dbsession: Session,
    user: User,
    followed: FollowedLink,
    *,
    journal: Journal,
    outbox: Outbox,
    now: datetime,
) -> None:
    """Let the account have the address that the link was sent to, which is proven by that.

    Who has the address that it had until now is told so, and gets no link.
    """
    if user.email_key != followed.email_key:
        outbox.put(dbsession, "email_given_back", to=user.email, user_id=user.id, now=now)
        details = {"from": user.email, "to": followed.email}
        user.email, user.email_key = followed.email, followed.email_key
        user.email_verified_at = now
        journal.write(dbsession, user.id, Kind.EMAIL_CHANGED, now=now, details=details)
    user.email_verified_at = user.email_verified_at or now


def _secure(dbsession: Session, user: User, *, journal: Journal, now: datetime) -> None:
    """Let nobody in any more, know no browser, and let the account not go."""
    user.password_hash, user.known_since = None, now
    cancel_closing(dbsession, user)
    dbsession.flush()  # the user first: a sign-in holds it, and has written its session by then
    journal.write(dbsession, user.id, Kind.DISAVOWED, now=now)
    close_sessions(dbsession, user.id, journal=journal, why=EndReason.DISAVOWED, now=now)
