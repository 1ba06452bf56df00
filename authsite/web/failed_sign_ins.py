"""Failed sign-ins: record them in a transaction of their own, since no other one begins.

The commit does not wait for the disk, by which known and unknown accounts would differ; a power cut
may lose the last events.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from authsite.accounts.sign_in import PasswordAttempt
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.verify_email import record_failed_sign_in
from authsite.audit.event_types import EventType
from authsite.tokens import new_id
from authsite.web.request import Request


def record_failure(request: Request, user_id: str, event_type: EventType) -> None:
    """Record a failed attempt with a right password."""
    with _relaxed_work(request) as work:
        work.audit.record(user_id, event_type)


def record_wrong_password(request: Request, attempt: PasswordAttempt, user_id: str | None) -> None:
    """Record a wrong password, also for an unknown account, in the same time.

    If the email address must be verified, an unverified account is emailed a link.
    """
    with _relaxed_work(request) as work:
        if attempt.must_be_verified:
            record_failed_sign_in(work, user_id or new_id(), attempt.email_normalized)
        else:
            work.audit.record(user_id or new_id(), EventType.SIGN_IN_FAILED)


@contextmanager
def _relaxed_work(request: Request) -> Iterator[UnitOfWork]:
    with request.authsite.services.database.writing_dbsession(relaxed=True) as dbsession:
        yield request.authsite.work.over(dbsession)
