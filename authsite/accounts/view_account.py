"""Record that an administrator or operator looks at an account."""

from datetime import timedelta

import sqlalchemy as sa

from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import EventType
from authsite.models import AuditEvent

#: One person looks at several pages of an account in a row: that is one event.
VISIT = timedelta(hours=1)


def record_view(work: UnitOfWork, user_id: str) -> None:
    """Record the look at the account, unless the same person has looked within `VISIT`.

    The user sees when support looked, and not who: they have a right to know that (GDPR, article
    15; CJEU C-579/21).
    """
    source = work.audit.source
    was_viewed = sa.exists().where(
        AuditEvent.user_id == user_id,
        AuditEvent.occurred_at > work.now - VISIT,
        AuditEvent.type == EventType.ACCOUNT_VIEWED.key,
        AuditEvent.actor == source.actor.value,
        AuditEvent.actor_id.is_not_distinct_from(source.actor_id),
        AuditEvent.actor_name.is_not_distinct_from(source.actor_name),
    )
    if not work.dbsession.execute(sa.select(was_viewed)).scalar_one():
        work.audit.record(user_id, EventType.ACCOUNT_VIEWED)
