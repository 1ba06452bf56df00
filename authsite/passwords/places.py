"""The places of the hash queue, shared so that no client keeps it full."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple


class HashClient(NamedTuple):
    """For whom a password is hashed: a network, and the account that knows the device, if any."""

    network: str
    known_device_of: str | None = None


class Places:
    """A number of places, and who holds them.

    Unknown devices of one network hold at most a quarter, and all of them at most three quarters.
    Known devices of one network hold at most a quarter of their own, so that others behind the same
    IP address do not keep them out; those of one account hold at most a quarter of that. Each limit
    is at least one place. Work without a client, such as a command, takes any place. The caller has
    a lock.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._quarter = max(1, capacity // 4)
        self._held: Counter[str] = Counter()

    def take(self, client: HashClient | None) -> bool:
        """Take a place; return False if there is none for this client."""
        limits = self._limits_of(client)
        if any(self._held[holder] >= limit for holder, limit in limits.items()):
            return False
        self._held.update(limits.keys())
        return True

    def give_back(self, client: HashClient | None) -> None:
        """Give a place back that this client has taken."""
        for holder in self._limits_of(client):
            self._held[holder] -= 1
            if not self._held[holder]:
                del self._held[holder]

    def _limits_of(self, client: HashClient | None) -> Mapping[str, int]:
        """Return the most places for each of those as whom the client holds one."""
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
