"""The places of the hash queue, shared so that no client keeps it full."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple


class HashClient(NamedTuple):
    """The client of a hash: its network, and the account that knows its device, if any."""

    network: str
    known_device_of: str | None = None


class Places:
    """A number of places, and how many of them each group of clients has.

    Unknown devices of one network get at most a quarter, all of them together three quarters. Known
    devices of one network get at most another quarter, so that unknown ones behind the same IP
    address do not keep them out; those of one account get at most a quarter of that. Each limit is
    at least one place. Work without a client, such as a command, takes any place. The caller
    serializes all calls by a lock.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._quarter = max(1, capacity // 4)
        self._taken: Counter[str] = Counter()

    def take(self, client: HashClient | None) -> bool:
        """Take a place; return False if there is none for this client."""
        limits = self._limits_of(client)
        if any(self._taken[group] >= limit for group, limit in limits.items()):
            return False
        self._taken.update(limits.keys())
        return True

    def release(self, client: HashClient | None) -> None:
        """Release a place that this client has taken."""
        for group in self._limits_of(client):
            self._taken[group] -= 1
            if not self._taken[group]:
                del self._taken[group]

    def _limits_of(self, client: HashClient | None) -> Mapping[str, int]:
        """Return the maximum of places for each group that the client belongs to."""
        limits = {"everyone": self._capacity}
        if client is None:
            return limits
        if client.known_device_of is None:
            limits["unknown devices"] = max(1, self._capacity - self._quarter)
            limits[f"unknown devices in {client.network}"] = self._quarter
        else:
            limits[f"known devices in {client.network}"] = self._quarter
            limits[f"known devices of {client.known_device_of}"] = max(1, self._quarter // 4)
        return limits
