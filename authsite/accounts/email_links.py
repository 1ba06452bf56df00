"""Email links: issue, find, consume and revoke them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.new_password import WeakPassword
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.email_addresses import EmailAddress
from authsite.models import EmailLink, User
from authsite.passwords.hash_queue import HashQueueFull
from authsite.settings.schema import Settings
from authsite.throttling.throttles import CountedHit, RateLimited
from authsite.tokens import LinkToken

_LINK = EmailLink.metadata.tables["authsite_email_link"]
_LATEST = sa.select(sa.func.max(_LINK.c.created_at)).where(
    _LINK.c.user_id == sa.bindparam("user_id"), _LINK.c.purpose == sa.bindparam("purpose")
)
_COLUMNS = [column for column in _LINK.c if column.name != "user_id"]
#: From the row of the user: for a user without one the same statement writes nothing.
_INSERT = sa.insert(_LINK).from_select(
    [_LINK.c.user_id, *_COLUMNS],
    sa.select(
        User.id, *(sa.bindparam(column.name, type_=column.type) for column in _COLUMNS)
    ).where(User.id == sa.bindparam("owner")),
)


class Purpose(StrEnum):
    """What a link does. Its URL begins with it, with hyphens."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a purpose
    CHANGE_EMAIL = "change_email"
    VERIFY_NEW_EMAIL = "verify_new_email"
    SECURE_ACCOUNT = "secure_account"

    @property
    def url_name(self) -> str:
        """The first segment of the URL."""
        return self.value.replace("_", "-")


class InvalidLink(Exception):
    """The link was used, has expired, was replaced by a newer one, or never existed."""


class ActiveLink(NamedTuple):
    """A link that can be used, and its account, as plain values."""

    token: LinkToken
    purpose: Purpose
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
    def is_for_current_email(self) -> bool:
        """Whether the account still has the email address that the link was sent to."""
        return self.email_normalized == self.owner_email_normalized


@dataclass(frozen=True, slots=True)
class ConsumedLink:
    """The row of a link that was just consumed."""

    user_id: str
    email: str
    email_normalized: str
    created_at: datetime


def lifetime_of(purpose: Purpose, settings: Settings) -> timedelta:
    """Return how long a new link of this purpose works."""
    lifetimes = {
        Purpose.VERIFY_EMAIL: settings.email.verification_lifetime,
        Purpose.CHANGE_EMAIL: settings.email.verification_lifetime,
        Purpose.VERIFY_NEW_EMAIL: settings.email.verification_lifetime,
        Purpose.RESET_PASSWORD: settings.passwords.reset_link_lifetime,
        Purpose.SECURE_ACCOUNT: settings.email.revert_lifetime,
    }
    return lifetimes[purpose]


def issue_link(
    work: UnitOfWork, user: User, purpose: Purpose, *, email: EmailAddress | None = None
) -> LinkToken:
    """Write a link for this email address (default: the user's); return the only copy of its token.

    Older links of the same purpose are revoked. For a user without a row the same statements write
    nothing, so that the time does not reveal whether an account exists.
    """
    token = _insert(work.dbsession, user, purpose, _Times.starting(work, purpose), email=email)
    work.dbsession.execute(
        sa.delete(EmailLink).where(
            EmailLink.user_id == user.id,
            EmailLink.purpose == purpose,
            EmailLink.digest != token.digest,
        )
    )
    return token


def issue_secure_account_link(
    work: UnitOfWork, user: User, *, due: datetime | None = None
) -> LinkToken:
    """Write a *secure account* link that works from now until its lifetime after `due`.

    Older ones stay valid: an attacker who causes security notices must not be able to revoke the
    owner's links. The older of two links wins, so each new link gets a later time than all others
    of the user. (`work.now` is when a request began, and requests may end in another order.)
    """
    latest: datetime | None = work.dbsession.execute(
        _LATEST, {"user_id": user.id, "purpose": Purpose.SECURE_ACCOUNT.value}
    ).scalar_one()
    created_at = work.now if latest is None else max(work.now, latest + timedelta(microseconds=1))
    expires_at = (due or work.now) + lifetime_of(Purpose.SECURE_ACCOUNT, work.settings)
    return _insert(work.dbsession, user, Purpose.SECURE_ACCOUNT, _Times(created_at, expires_at))


def find_link(
    dbsession: Session, token: LinkToken, *, purpose: Purpose, now: datetime
) -> ActiveLink | None:
    """Return the link with this token if it can be used for this purpose; consume nothing."""
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
        .where(*_is_active(token, purpose, now))
    ).one_or_none()
    return ActiveLink._make((token, purpose, *row)) if row else None


def consume_link(work: UnitOfWork, link: ActiveLink) -> ConsumedLink:
    """Use the link up and return its row; raise `InvalidLink` if it was used or revoked before.

    One statement decides, so that of any number of simultaneous attempts one wins (ASVS 2.3.4).
    """
    row = work.dbsession.execute(
        sa.delete(EmailLink)
        .where(*_is_active(link.token, link.purpose, work.now))
        .returning(
            EmailLink.user_id, EmailLink.email, EmailLink.email_normalized, EmailLink.created_at
        )
    ).one_or_none()
    if row is None:
        raise InvalidLink
    return ConsumedLink(*row)


def hit_link_throttle(work: UnitOfWork, link: ActiveLink) -> Sequence[CountedHit]:
    """Count an attempt to use a link, and return the hits; raise `RateLimited` at the limit.

    The hits are refunded unless a password may have been guessed. Links are counted by account and
    email address: a user with a link to an address of their own must not use up the attempts of the
    account's owner. Unknown tokens are not counted: 256 bits cannot be guessed, and the look-up
    costs no more than that of any page.
    """
    subjects = dict([link_subject(link.user_id, link.email_normalized)])
    work.throttles.check(subjects, now=work.now)
    return work.throttles.hit(subjects, now=work.now)


def link_subject(user_id: str, email_normalized: str) -> tuple[str, str]:
    """Return the limit that attempts to use links of this account and address count by."""
    return "email_link_account", f"{user_id} {email_normalized}"


@contextmanager
def link_attempt(work: UnitOfWork, link: ActiveLink | None) -> Iterator[ActiveLink]:
    """Count an attempt to use a link in this block; refund it after the commit.

    It counts while the block runs, so that one link allows few hashes at a time. It keeps counting
    if the block raises anything but `WeakPassword`, `RateLimited` or `HashQueueFull`, which come
    before the transaction. Raises `InvalidLink` if there is no link, or `RateLimited`.
    """
    if link is None:
        raise InvalidLink
    hits = hit_link_throttle(work, link)
    try:
        yield link
    except (WeakPassword, RateLimited, HashQueueFull):
        work.throttles.refund(hits)
        raise
    work.refund(hits)


def revoke_links(
    dbsession: Session, user_id: str, *, except_: Iterable[Purpose] = (Purpose.SECURE_ACCOUNT,)
) -> None:
    """Revoke the links of the user, apart from those of the purposes in `except_`."""
    dbsession.execute(
        sa.delete(EmailLink).where(
            EmailLink.user_id == user_id, EmailLink.purpose.not_in(list(except_))
        )
    )


def revoke_links_except_older_secure_account(dbsession: Session, link: ConsumedLink) -> None:
    """Revoke the links of the user, apart from *secure account* links older than this one."""
    is_older = sa.and_(
        EmailLink.purpose == Purpose.SECURE_ACCOUNT, EmailLink.created_at < link.created_at
    )
    dbsession.execute(
        sa.delete(EmailLink).where(EmailLink.user_id == link.user_id, sa.not_(is_older))
    )


def revoke_unsent_links(work: UnitOfWork, user_id: str) -> None:
    """Revoke the *secure account* links of the user in emails that are due later.

    Only these links work for longer than a lifetime from now.
    """
    latest = work.now + lifetime_of(Purpose.SECURE_ACCOUNT, work.settings)
    work.dbsession.execute(
        sa.delete(EmailLink).where(
            EmailLink.user_id == user_id,
            EmailLink.purpose == Purpose.SECURE_ACCOUNT,
            EmailLink.expires_at > latest,
        )
    )


def is_address_reserved(work: UnitOfWork, email_normalized: str, *, user_id: str) -> bool:
    """Whether another account gave up this email address recently and can still take it back."""
    return work.dbsession.execute(
        sa.select(
            sa.exists().where(
                EmailLink.email_normalized == email_normalized,
                EmailLink.purpose == Purpose.SECURE_ACCOUNT,
                EmailLink.expires_at > work.now,
                EmailLink.user_id != user_id,
            )
        )
    ).scalar_one()


class _Times(NamedTuple):
    created_at: datetime
    expires_at: datetime

    @classmethod
    def starting(cls, work: UnitOfWork, purpose: Purpose) -> "_Times":
        return cls(work.now, work.now + lifetime_of(purpose, work.settings))


def _insert(
    dbsession: Session,
    user: User,
    purpose: Purpose,
    times: _Times,
    email: EmailAddress | None = None,
) -> LinkToken:
    token = LinkToken.new()
    values = {
        "owner": user.id,
        "digest": token.digest,
        "purpose": purpose.value,
        "email": email.original if email else user.email,
        "email_normalized": email.normalized if email else user.email_normalized,
        "created_at": times.created_at,
        "expires_at": times.expires_at,
    }
    dbsession.execute(_INSERT, values)
    return token


def _is_active(
    token: LinkToken, purpose: Purpose, now: datetime
) -> "tuple[sa.ColumnElement[bool], ...]":
    return (
        EmailLink.digest == token.digest,
        EmailLink.purpose == purpose,
        EmailLink.expires_at > now,
    )
