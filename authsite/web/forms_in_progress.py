"""Forms in progress: of two equal ones, the second waits until the first is answered."""

from collections import Counter
from threading import Condition

#: Requests of a process that wait at a time. More would keep threads from other visitors.
MAX_WAITING = 8
#: Seconds after which a request no longer waits.
TIMEOUT = 10.0


class FormsInProgress:
    """The forms that the requests of this process are handling.

    A double click sends two at once. What the first has counted, for example an email, would refuse
    the second before the first is answered. Requests of different processes do not wait for each
    other; the database decides between them.
    """

    def __init__(self, *, max_waiting: int = MAX_WAITING, timeout: float = TIMEOUT) -> None:
        self._max_waiting = max_waiting
        self._timeout = timeout
        self._condition = Condition()
        self._digests: Counter[bytes] = Counter()
        self._waiting = 0

    def enter(self, digest: bytes) -> bool:
        """Wait while an equal form is in progress, unless too many wait; then count this one.

        Return whether it has waited, so that it may be answered by now.
        """
        with self._condition:
            has_to_wait = bool(self._digests[digest]) and self._waiting < self._max_waiting
            if has_to_wait:
                self._waiting += 1
                self._condition.wait_for(lambda: not self._digests[digest], self._timeout)
                self._waiting -= 1
            self._digests[digest] += 1
        return has_to_wait

    def leave(self, digest: bytes) -> None:
        """Let a request go on that waits for this form."""
        with self._condition:
            self._digests[digest] -= 1
            if not self._digests[digest]:
                del self._digests[digest]
            self._condition.notify_all()
