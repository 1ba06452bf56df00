"""Telling the owner of an account of a sign-in with a browser that was new to it."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.notices import send_notice
from authsite.accounts.outbox import Outbox
from authsite.audit.event_types import EventType
from authsite.models import OutboxMessage, User

#: Mails in a day. Whoever has the password can sign in as often as they like, and a program that
#: keeps no cookies does; from then on the history alone tells of it.
MAX_PER_DAY = 10


def notify_new_device(
    dbsession: Session,
    user_id: str,
    *,
    browser: str,
    ip_address: str | None,
    outbox: Outbox,
    revert_lifetime: timedelta,
    now: datetime,
) -> None:
    """Write to the owner from where somebody has signed in; `browser` is in words.

    The caller holds the user, so that there are never more mails than `MAX_PER_DAY`, nor two links
    of which nobody knows which is the older.
    """
    kind = EventType.NEW_DEVICE_SIGN_IN.mail
    assert kind is not None  # noqa: S101 - or nobody would be told
    told = sa.select(sa.func.count()).where(
        OutboxMessage.user_id == user_id,
        OutboxMessage.template == kind,
        OutboxMessage.send_at > now - timedelta(days=1),
    )
    if dbsession.execute(told).scalar_one() >= MAX_PER_DAY:
        return
    send_notice(
        dbsession,
        dbsession.get_one(User, user_id),
        kind,
        outbox=outbox,
        revert_lifetime=revert_lifetime,
        now=now,
        browser=browser,
        ip_address=ip_address,
        signed_in_at=now,
    )
