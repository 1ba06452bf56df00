"""Failed sign-ins: record them in a transaction of their own, since no other one begins.

The commit does not wait for the disk, by which known and unknown accounts would differ; a power cut
may lose the last events.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.verify_email import record_failed_sign_in
from authsite.audit.event_types import EventType
from authsite.tokens import new_id
from authsite.web.request import Request


def record_failure(request: Request, user_id: str, event_type: EventType) -> None:
    """Record a failed attempt; for an unknown account, take the same time and record none."""
    with _relaxed_work(request) as work:
        work.audit.record(user_id, event_type)


def record_wrong_password(request: Request, user_id: str | None) -> None:
    """Record a wrong password, also for an unknown account.

    Where verification is required, it takes as long as the right password of an unverified account.
    """
    if not request.services.settings.email.must_be_verified:
        record_failure(request, user_id or new_id(), EventType.SIGN_IN_FAILED)
        return
    with _relaxed_work(request) as work:
        record_failed_sign_in(work, user_id or new_id())


def record_unverified(request: Request, user_id: str, email_normalized: str) -> None:
    """Record the right password of an unverified account as a wrong one, and email a link."""
    with _relaxed_work(request) as work:
        record_failed_sign_in(work, user_id, unverified_email=email_normalized)


@contextmanager
def _relaxed_work(request: Request) -> Iterator[UnitOfWork]:
    with Session(request.services.database.relaxed_engine) as dbsession:
        yield request.work.over(dbsession)
        dbsession.commit()
