"""The sessions of a person, each a place below the page that lists them."""

from typing import Any

from authsite.accounts.active_sessions import OwnSession, session_of
from authsite.clock import utc_now
from authsite.resources.base import Private, Resource, Rows
from authsite.security.policy import signed_in
from authsite.tokens import is_id


class OneSession(Resource):
    """`/account/sessions/{id}`: a browser in which whoever asks is signed in."""

    def __init__(self, parent: "Sessions", record: OwnSession) -> None:
        super().__init__(parent.request, name=record.id, parent=parent)
        self.record = record

    @property
    def is_here(self) -> bool:
        """Whether it is the session that asks."""
        return self.record.id == signed_in(self.request).session_id


class Sessions(Private, Rows):
    """`/account/sessions`: those of whoever asks that live; nobody can name another's."""

    rows = OneSession

    def child(self, name: str) -> Any:
        """Return the place of the session with this id."""
        record = self._record_of(name) if is_id(name) else None
        return OneSession(self, record) if record else super().child(name)

    def _record_of(self, session_id: str) -> OwnSession | None:
        user_id = signed_in(self.request).user_id
        return session_of(self.request.dbsession, user_id, session_id, now=utc_now())
