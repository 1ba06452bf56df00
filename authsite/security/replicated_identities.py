"""Identities from the read replica, for pages that are loaded."""

from datetime import datetime

from pyramid.request import Request

from authsite.accounts.sessions import IDENTITY, NEVER, Identity, find_session
from authsite.db.engines import DATABASE_UNAVAILABLE
from authsite.db.replica import Replica
from authsite.http.flash import Flash
from authsite.tokens import SessionToken


class ReplicatedIdentities:
    """Finds identities that need no look at the primary."""

    def __init__(self, replica: Replica, flash: Flash) -> None:
        self._replica = replica
        self._select = replica.compile(IDENTITY)
        self._flash = flash

    def find(self, request: Request, token: SessionToken, *, now: datetime) -> Identity | None:
        """Return the identity; None if the primary has to be asked.

        That is for forms; while the replica is away or too far behind; for a session, or a secret,
        that may be too new for it; for a previous secret; for administrators; and for a page that
        shows a flash message, since its user has just changed something.
        """
        if request.method not in {"GET", "HEAD"} or not self._replica.is_current:
            return None
        if self._flash.cookie.count(request):
            return None
        try:
            identity, _ = find_session(self._select, token, now=now)
        except DATABASE_UNAVAILABLE as error:
            self._replica.set_aside(error)
            return None
        if identity is None or identity.is_administrator or identity.authenticated_at == NEVER:
            return None
        return identity
