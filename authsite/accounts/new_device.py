"""Notify users of sign-ins with a device that is new to their account."""

from authsite.accounts.notices import send_notice
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import get_user
from authsite.audit.event_types import EventType

#: Emails in a day. A program that keeps no cookies has a new device at each sign-in; beyond this,
#: only the history shows them.
MAX_PER_DAY = 10


def notify_new_device(work: UnitOfWork, user_id: str, *, browser: str) -> None:
    """Send a notice of a sign-in; `browser` is the label of browser and system.

    The caller has locked the user, so that there are never more than `MAX_PER_DAY`.
    """
    template = EventType.NEW_DEVICE_SIGN_IN.notice
    assert template is not None  # noqa: S101 - for the type checker
    user = get_user(work.dbsession, user_id)
    assert user is not None  # noqa: S101 - for the type checker
    send_notice(
        work,
        user,
        template,
        limit=MAX_PER_DAY,
        browser=browser,
        ip_address=work.client.ip_address,
        signed_in_at=work.now,
    )
