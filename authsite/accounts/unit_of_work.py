"""What every flow needs, in one value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from authsite.audit.recorder import AuditLog
from authsite.db.compiled_select import Select
from authsite.http.client import Client
from authsite.mail.composer import MailComposer
from authsite.passwords.hasher import PasswordHasher
from authsite.passwords.policy import PasswordPolicy
from authsite.settings.schema import Settings
from authsite.throttling.throttles import CountedHit, Throttles


@dataclass(frozen=True, kw_only=True, repr=False)
class UnitOfWork:
    """One transaction and the services that a flow uses in it.

    A request, a command and a test each make one. A flow takes it as its first argument, `work`.
    Throttles write in transactions of their own, so flows count attempts before the first statement
    of `dbsession`: SQLite has one writer at a time.
    """

    dbsession: Session
    #: When the work began; every row that it writes carries this time.
    now: datetime
    client: Client
    audit: AuditLog
    outbox: MailComposer
    settings: Settings
    #: `authsite.accounts.users.CREDENTIAL`, compiled for the database.
    credentials: Select
    hasher: PasswordHasher
    password_policy: PasswordPolicy
    throttles: Throttles
    #: Refunds hits once the transaction has ended.
    refund: Callable[[Sequence[CountedHit]], None]
    #: Refunds hits if the transaction aborts, for example to be attempted again.
    refund_on_abort: Callable[[Sequence[CountedHit]], None]

    def over(self, dbsession: Session) -> "UnitOfWork":
        """Return the same work in the transaction of another dbsession."""
        audit, outbox = self.audit, self.outbox
        return replace(
            self,
            dbsession=dbsession,
            audit=replace(audit, dbsession=dbsession),
            outbox=replace(
                outbox, dbsession=dbsession, audit=replace(outbox.audit, dbsession=dbsession)
            ),
        )
