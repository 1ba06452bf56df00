"""Telling the owner of an account of a sign-in with a browser that was new to it."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.notices import notify
from authsite.accounts.outbox import Outbox
from authsite.audit.event_types import Kind
from authsite.models import OutboxMessage, User

#: Mails in a day. Whoever has the password can sign in as often as they like, and a program that
#: keeps no cookies does; from then on the history alone tells of it.
MOST_A_DAY = 10


def tell_of_new_browser(
    dbsession: Session,
    user_id: str,
    *,
    browser: str,
    network_address: str | None,
    outbox: Outbox,
    undo_within: timedelta,
    now: datetime,
) -> None:
    """Write to the owner from where somebody has signed in; `browser` is in words.

    The caller holds the user, so that there are never more mails than `MOST_A_DAY`, nor two links
    of which nobody knows which is the older.
    """
    kind = Kind.NEW_BROWSER.mail
    assert kind is not None  # noqa: S101 - or nobody would be told
    told = sa.select(sa.func.count()).where(
        OutboxMessage.user_id == user_id,
        OutboxMessage.kind == kind,
        OutboxMessage.due_at > now - timedelta(days=1),
    )
    if dbsession.execute(told).scalar_one() >= MOST_A_DAY:
        return
    notify(
        dbsession,
        dbsession.get_one(User, user_id),
        kind,
        outbox=outbox,
        undo_within=undo_within,
        now=now,
        browser=browser,
        network_address=network_address,
        signed_in_at=now,
    )
