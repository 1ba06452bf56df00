"""What is counted; without `authsite.metrics.listen`, nothing is."""

from typing import Literal

from authsite.audit.event_types import AccountEvent, AuthMethod, EventType
from authsite.db.engines import Database
from authsite.http.headers import ExecutionPolicy
from authsite.mail.delivery import Outcome
from authsite.passwords.hash_queue import NULL_OBSERVER, HashObserver, HashQueue

#: How an attempt to sign in may end.
SignInResult = Literal["success", "wrong", "throttled", "busy", "suspended"]


#: The results that are events of an account; the others record none.
_SIGN_INS: dict[EventType, SignInResult] = {
    EventType.SIGNED_IN: "success",
    EventType.NEW_DEVICE_SIGN_IN: "success",
    EventType.SIGN_IN_FAILED: "wrong",
    EventType.SIGN_IN_DENIED: "suspended",
}


class Metrics:
    """Counts nothing, for a site without metrics. Methods are called on any thread.

    Labels are names of the code and never input.
    """

    hashes: HashObserver = NULL_OBSERVER

    def watch(self, queue: HashQueue, database: Database) -> None:
        """Read the state of these at each scrape."""

    def start(self) -> None:
        """Serve the metrics from now on."""

    def stop(self) -> None:
        """Stop serving the metrics; they can be started again."""

    def forget(self) -> None:
        """Leave the port to the parent of this process, which has just been forked."""

    def measured(self, policy: ExecutionPolicy) -> ExecutionPolicy:
        """Return an execution policy that counts and times requests."""
        return policy

    def count(self, event: AccountEvent) -> None:
        """Count a committed event of an account."""
        self.count_event(event.type.key)
        result = _SIGN_INS.get(event.type)
        if result == "success":
            self.count_session_opened()
        if result and event.details.get("method") != AuthMethod.SIGN_UP.key:
            self.count_sign_in(result)
        if event.type is EventType.SESSION_ENDED:
            self.count_session_ended(event.details["reason"])

    def count_sign_in(self, result: SignInResult) -> None:
        """Count an attempt to sign in."""

    def count_session_opened(self) -> None:
        """Count a session that started."""

    def count_session_ended(self, reason: str, number: int = 1) -> None:
        """Count sessions that ended, by the key of the reason."""

    def count_event(self, event_type: str) -> None:
        """Count an audit event, by the key of its type."""

    def count_email(self, outcome: Outcome) -> None:
        """Count an attempt to deliver an email."""

    def count_database_error(self, error: Exception) -> None:
        """Count an error of the database."""

    def count_throttled(self, limit: str) -> None:
        """Count a throttled attempt, by the name of the rate limit."""
