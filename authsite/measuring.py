"""What the site tells whoever measures it; nobody does, unless the settings say so."""

from typing import Literal

from authsite.database import Database
from authsite.hash_queue import NOBODY, HashQueue, Watch

#: How a try to sign in may end.
SignInResult = Literal["success", "wrong", "throttled", "busy", "frozen", "unverified"]


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

    def count_sign_in(self, result: SignInResult) -> None:
        """Count a try to sign in."""

    def count_session_opened(self) -> None:
        """Count a session that begins."""

    def count_session_ended(self, reason: str) -> None:
        """Count a session that was ended, and did not merely expire."""

    def count_event(self, kind: str) -> None:
        """Count an event of an account."""

    def count_throttled(self, kind: str) -> None:
        """Count a try that was held up."""
