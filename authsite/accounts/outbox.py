"""What the flows need of the mail: to put a message into the outbox, and to write a link."""

from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session


class Outbox(Protocol):
    """Where a message is put that goes out when the transaction has committed, and only then."""

    def put(
        self,
        dbsession: Session,
        kind: str,
        *,
        to: str,
        user_id: str | None,
        now: datetime,
        due: datetime | None = None,
        **values: object,
    ) -> None:
        """Write a message of this kind to an address, made of `values`; due now, or later."""

    def link_to(self, *segments: str) -> str:
        """Return the whole address of a page of this site, from the settings, never the request."""
