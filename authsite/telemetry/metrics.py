"""What the site tells whoever measures it; nobody does, unless the settings say so."""

from typing import Literal

from authsite.audit.event_types import AccountEvent, AuthMethod, EventType
from authsite.db.engines import Database
from authsite.passwords.hash_queue import NULL_OBSERVER, HashObserver, HashQueue

#: How a try to sign in may end.
SignInResult = Literal["success", "wrong", "throttled", "busy", "suspended", "unverified"]


#: Those of them that are events of an account; the others leave no event.
_SIGN_INS: dict[EventType, SignInResult] = {
    EventType.SIGNED_IN: "success",
    EventType.NEW_DEVICE_SIGN_IN: "success",
    EventType.SIGN_IN_FAILED: "wrong",
    EventType.SIGN_IN_DENIED: "suspended",
}


class Metrics:
    """Is told what happens, from any thread; this one keeps nothing, and costs nothing.

    What is counted by are words of ours, never of visitors.
    """

    #: Who watches the hashes.
    hashes: HashObserver = NULL_OBSERVER
    name = "metrics"

    def watch(self, queue: HashQueue, database: Database) -> None:
        """Ask these how they are whenever somebody wants to know."""

    def work(self) -> None:
        """Serve what is counted until `stop`; here there is nothing to serve."""

    def stop(self) -> None:
        """Serve it no longer."""

    def count(self, event: AccountEvent) -> None:
        """Count an event of an account, once it is kept."""
        self.count_event(event.type.key)
        result = _SIGN_INS.get(event.type)
        if result == "success":
            self.count_session_opened()
        if result and event.details.get("method") != AuthMethod.SIGN_UP.key:
            self.count_sign_in(result)
        if event.type is EventType.SESSION_ENDED:
            self.count_session_ended(event.details["reason"])

    def count_sign_in(self, result: SignInResult) -> None:
        """Count a try to sign in."""

    def count_session_opened(self) -> None:
        """Count a session that begins."""

    def count_session_ended(self, reason: str, number: int = 1) -> None:
        """Count sessions that ended, by the name of the reason."""

    def count_event(self, kind: str) -> None:
        """Count an event of an account."""

    def count_throttled(self, kind: str) -> None:
        """Count a try that was held up."""
