"""What the site tells whoever measures it; nobody does, unless the settings say so."""

from typing import Literal

from authsite.audit.event_types import AccountEvent, Kind, Method
from authsite.db.engines import Database
from authsite.passwords.hash_queue import NOBODY, HashQueue, Watch

#: How a try to sign in may end.
SignInResult = Literal["success", "wrong", "throttled", "busy", "frozen", "unverified"]


#: Those of them that are events of an account; the others leave no event.
_SIGN_INS: dict[Kind, SignInResult] = {
    Kind.SIGNED_IN: "success",
    Kind.NEW_BROWSER: "success",
    Kind.SIGN_IN_FAILED: "wrong",
    Kind.SIGN_IN_REFUSED: "frozen",
}


class Metrics:
    """Is told what happens, from any thread; this one keeps nothing, and costs nothing.

    What is counted by are words of ours, never of visitors.
    """

    #: Who watches the hashes.
    hashes: Watch = NOBODY
    #: Whether `start` has still something to do.
    is_to_start = False

    def look_at(self, queue: HashQueue, database: Database) -> None:
        """Ask these how they are whenever somebody wants to know."""

    def start(self) -> None:
        """Answer those who want to know, from now on."""

    def stop(self) -> None:
        """Answer nobody any more."""

    def count(self, event: AccountEvent) -> None:
        """Count an event of an account, once it is kept."""
        self.count_event(event.kind.key)
        result = _SIGN_INS.get(event.kind)
        if result == "success":
            self.count_session_opened()
        if result and event.details.get("method") != Method.SIGN_UP.key:
            self.count_sign_in(result)
        if event.kind is Kind.SESSION_ENDED:
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
