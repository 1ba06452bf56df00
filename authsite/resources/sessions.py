"""The sessions of the signed-in user."""

from typing import Any

from authsite.accounts.active_sessions import SessionInfo, get_session
from authsite.clock import utc_now
from authsite.resources.base import Private, Resource, Rows
from authsite.security.sessions import require_identity
from authsite.tokens import is_id


class SessionResource(Resource):
    """`/account/sessions/{id}`: an active session of the signed-in user."""

    def __init__(self, parent: "Sessions", record: SessionInfo) -> None:
        super().__init__(parent.request, name=record.id, parent=parent)
        self.record = record

    @property
    def is_current(self) -> bool:
        """Whether it is the session of this request."""
        return self.record.id == require_identity(self.request).session_id


class Sessions(Private, Rows):
    """`/account/sessions`: the parent of the user's active sessions, and of no other user's."""

    rows = SessionResource

    def child(self, name: str) -> Any:
        """Return the resource of the session with this id."""
        record = self._find_record(name) if is_id(name) else None
        return SessionResource(self, record) if record else super().child(name)

    def _find_record(self, session_id: str) -> SessionInfo | None:
        user_id = require_identity(self.request).user_id
        return get_session(self.request.authsite.dbsession, user_id, session_id, now=utc_now())
