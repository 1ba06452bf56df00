"""The sessions of a person, each a place below the page that lists them."""

from typing import Any

from authsite.accounts.active_sessions import SessionInfo, get_session
from authsite.clock import utc_now
from authsite.resources.base import Private, Resource, Rows
from authsite.security.policy import require_identity
from authsite.tokens import is_id


class SessionResource(Resource):
    """`/account/sessions/{id}`: a browser in which whoever asks is signed in."""

    def __init__(self, parent: "Sessions", record: SessionInfo) -> None:
        super().__init__(parent.request, name=record.id, parent=parent)
        self.record = record

    @property
    def is_current(self) -> bool:
        """Whether it is the session that asks."""
        return self.record.id == require_identity(self.request).session_id


class Sessions(Private, Rows):
    """`/account/sessions`: those of whoever asks that live; nobody can name another's."""

    rows = SessionResource

    def child(self, name: str) -> Any:
        """Return the place of the session with this id."""
        record = self._record_of(name) if is_id(name) else None
        return SessionResource(self, record) if record else super().child(name)

    def _record_of(self, session_id: str) -> SessionInfo | None:
        user_id = require_identity(self.request).user_id
        return get_session(self.request.dbsession, user_id, session_id, now=utc_now())
