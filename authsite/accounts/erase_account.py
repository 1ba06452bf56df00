"""Erase an account at once, for a request under data protection law (GDPR, article 17)."""

import sqlalchemy as sa

from authsite.accounts.unit_of_work import UnitOfWork
from authsite.models import OutboxMessage, User


def erase_account(work: UnitOfWork, user: User, *, reason: str) -> None:
    """Delete all rows of the account, and the records of emails to its email address.

    An event without personal data stays, which shows that the request was met: when, by whom, for
    which reason, and the random id of the account, by which it is erased again if a backup brings
    it back. The user is not emailed: that would store the email address once more. The caller has
    locked the user, and merges the search index after the transaction.
    """
    work.audit.record_erasure(user.id, details={"reason": reason})
    # Emails to an email address without an account have no reference to one.
    to_mailbox = sa.func.lower(OutboxMessage.recipient) == user.email_normalized
    work.dbsession.execute(
        sa.delete(OutboxMessage).where(OutboxMessage.user_id.is_(None), to_mailbox)
    )
    # The database deletes the other rows of the account (`ON DELETE CASCADE`).
    work.dbsession.execute(sa.delete(User).where(User.id == user.id))
