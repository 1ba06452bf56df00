"""Links that are sent by mail: made, found, and followed once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.models import EmailLink, User
from authsite.throttling.throttles import CountedHit, Throttles
from authsite.tokens import LinkToken


class Purpose(StrEnum):
    """What a link is for. Its address begins with it, with hyphens."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a purpose
    CHANGE_EMAIL = "change_email"
    SECURE_ACCOUNT = "secure_account"
    KEEP_ACCOUNT = "reactivate_account"


class InvalidLink(Exception):
    """The link was followed before, has expired, was replaced by a newer one, or never was."""


class ActiveLink(NamedTuple):
    """A link that can be followed, and whose it is; plain values that outlive any transaction."""

    user_id: str
    email: str
    email_normalized: str
    expires_at: datetime
    first_name: str
    last_name: str
    owner_email: str
    owner_email_normalized: str
    email_is_verified: bool
    owner_delete_after: datetime | None

    @property
    def is_for_present_address(self) -> bool:
        """Whether the account still has the address that the link was sent to."""
        return self.email_normalized == self.owner_email_normalized


@dataclass(frozen=True, slots=True)
class ConsumedLink:
    """What a link said that has just been spent."""

    user_id: str
    email: str
    email_normalized: str
    created_at: datetime


def issue_link(
    dbsession: Session,
    user: User,
    purpose: Purpose,
    *,
    email: str,
    email_normalized: str,
    lifetime: timedelta,
    now: datetime,
) -> LinkToken:
    """Write down a link that is sent to `email`, and return its token, the only copy.

    A newer link makes older ones of its purpose void, but for `SECURE_ACCOUNT`: whoever has taken an
    account over must not be able to take that back from its owner by having mails sent.

    For a user who is in no row, the same statements write nothing, so that nobody learns from the
    time who has an account.
    """
    token = LinkToken.new()
    row = {
        EmailLink.digest: token.digest,
        EmailLink.purpose: purpose.value,
        EmailLink.email: email,
        EmailLink.email_normalized: email_normalized,
        EmailLink.created_at: now,
        EmailLink.expires_at: now + lifetime,
    }
    values = [sa.literal(value, column.type) for column, value in row.items()]
    owner = sa.select(User.id, *values).where(User.id == user.id)
    # The user before other links, in the order of all who lock both.
    dbsession.execute(sa.insert(EmailLink).from_select([EmailLink.user_id, *row], owner))
    if purpose is not Purpose.SECURE_ACCOUNT:
        dbsession.execute(
            sa.delete(EmailLink).where(
                EmailLink.user_id == user.id,
                EmailLink.purpose == purpose,
                EmailLink.digest != token.digest,
            )
        )
    return token


def find_link(
    dbsession: Session, token: LinkToken, *, purpose: Purpose, now: datetime
) -> ActiveLink | None:
    """Return the link with this token if it can be followed for this purpose; spend nothing."""
    row = dbsession.execute(
        sa.select(
            EmailLink.user_id,
            EmailLink.email,
            EmailLink.email_normalized,
            EmailLink.expires_at,
            User.first_name,
            User.last_name,
            User.email,
            User.email_normalized,
            User.email_verified_at.is_not(None),
            User.delete_after,
        )
        .join(User, User.id == EmailLink.user_id)
        .where(*_alive(token, purpose, now))
    ).one_or_none()
    return ActiveLink._make(row) if row else None


def consume_link(
    dbsession: Session, token: LinkToken, *, purpose: Purpose, now: datetime
) -> ConsumedLink:
    """Spend the link and return what it said; raise `InvalidLink` if that has happened before.

    One statement decides, so that of any number of tries at the same moment one wins (ASVS 2.3.4).
    """
    spent = dbsession.execute(
        sa.delete(EmailLink)
        .where(*_alive(token, purpose, now))
        .returning(
            EmailLink.user_id, EmailLink.email, EmailLink.email_normalized, EmailLink.created_at
        )
    ).one_or_none()
    if spent is None:
        raise InvalidLink
    return ConsumedLink(*spent)


def hit_link_throttle(
    throttles: Throttles, *, link: ActiveLink | None, network: str, now: datetime
) -> Sequence[CountedHit]:
    """Count one try to use a link, and return what was counted; raise `Throttled` for one too many.

    `link` is None for one that leads nowhere. What is returned is to be given back when the link
    was followed. Call it before the first statement of a transaction.

    It counts by account and address: who has a link to an address of their own must not use up
    what the owner of the account may try with links to another.
    """
    tried = {"email_link_network": network}
    if link:
        tried["email_link_account"] = f"{link.user_id} {link.email_normalized}"
    throttles.check(tried, now=now)
    return throttles.hit(tried, now=now)


def revoke_links(dbsession: Session, user_id: str, purposes: Iterable[Purpose]) -> None:
    """Let no link of the user that is for one of these purposes lead anywhere."""
    dbsession.execute(
        sa.delete(EmailLink).where(
            EmailLink.user_id == user_id, EmailLink.purpose.in_(list(purposes))
        )
    )


def revoke_links_except_secure_account(dbsession: Session, user_id: str) -> None:
    """Let no link of the user lead anywhere but those that say "this was not me"."""
    revoke_links(
        dbsession, user_id, [each for each in Purpose if each is not Purpose.SECURE_ACCOUNT]
    )


def revoke_links_except_older_secure_account(dbsession: Session, link: ConsumedLink) -> None:
    """Let no link of the user lead anywhere but what was to be disavowed before this one."""
    is_older = sa.and_(
        EmailLink.purpose == Purpose.SECURE_ACCOUNT, EmailLink.created_at < link.created_at
    )
    dbsession.execute(
        sa.delete(EmailLink).where(EmailLink.user_id == link.user_id, sa.not_(is_older))
    )


def is_address_reserved(
    dbsession: Session, email_normalized: str, *, user_id: str, now: datetime
) -> bool:
    """Whether the address was another's of late, who can still take it back by a link."""
    return dbsession.execute(
        sa.select(
            sa.exists().where(
                EmailLink.email_normalized == email_normalized,
                EmailLink.purpose == Purpose.SECURE_ACCOUNT,
                EmailLink.expires_at > now,
                EmailLink.user_id != user_id,
            )
        )
    ).scalar_one()


def _alive(
    token: LinkToken, purpose: Purpose, now: datetime
) -> "tuple[sa.ColumnElement[bool], ...]":
    return (
        EmailLink.digest == token.digest,
        EmailLink.purpose == purpose,
        EmailLink.expires_at > now,
    )
