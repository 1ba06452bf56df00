"""Throttles count exactly, across threads, processes and kills."""

from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from tests.processes.concurrency import at_once
from tests.processes.servers import FOR_LOAD, LONG_QUEUE, Server
from tests.processes.visitors import Visitor

EMAIL = "ada@example.com"
LIMIT, THREADS = 100, 16
SETTINGS = FOR_LOAD | {"AUTHSITE_THROTTLE_SIGN_IN_ACCOUNT": f"{LIMIT}/1h"}


def try_until_throttled(visitor: Visitor) -> int:
    """Send wrong passwords until they are throttled; return the number of attempts before."""
    page, attempts = visitor.get("/sign-in"), 0
    while True:
        answer = visitor.send(page, {"email": EMAIL, "password": "not that one"})
        assert answer.status in {422, 429}, answer
        if answer.status == 429:
            return attempts
        attempts += 1


@pytest.mark.asvs("15.4.2", "2.3.4", "6.3.1")
def test_processes_share_one_exact_limit(tmp_path: Path, database_url: str) -> None:
    with (
        Server(tmp_path, database_url, settings=SETTINGS) as one,
        Server(tmp_path, database_url, settings=SETTINGS) as two,
    ):
        visitors = [Visitor(server) for server in (one, two) for _ in range(THREADS)]
        attempts = at_once(partial(try_until_throttled, visitor) for visitor in visitors)
    assert sum(attempts) == LIMIT


@pytest.mark.asvs("6.3.1")
def test_counts_survive_a_killed_process(tmp_path: Path, database_url: str) -> None:
    """Every answered attempt was counted."""
    with Server(tmp_path, database_url, settings=SETTINGS) as server:
        visitor = Visitor(server)
        for _ in range(LIMIT // 2):
            assert visitor.sign_in(EMAIL, "not that one").status == 422
        server.kill()
        server.start()
        assert try_until_throttled(Visitor(server)) == LIMIT - LIMIT // 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_successful_sign_ins_from_one_network_are_not_throttled(
    tmp_path: Path, database_url: str
) -> None:
    """Even more than the limit of failures: an attempt is counted just before its hash."""
    with Server(tmp_path, database_url, settings=LONG_QUEUE) as server:
        assert Visitor(server).sign_up(EMAIL).status == 303
        visitors = [Visitor(server) for _ in range(45)]
        answers = at_once(partial(visitor.sign_in, EMAIL) for visitor in visitors)
        assert Counter(answer.status for answer in answers) == {303: 45}


@pytest.mark.asvs("6.3.1")
def test_simultaneous_successful_sign_ins_are_refunded(tmp_path: Path, database_url: str) -> None:
    """Each of repeated simultaneous sign-ins refunds its own hit, and no more."""
    settings = SETTINGS | {"AUTHSITE_THROTTLE_SIGN_IN_ACCOUNT": f"{THREADS}/1h..2h"}
    with Server(tmp_path, database_url, settings=settings) as server:
        assert Visitor(server).sign_up(EMAIL).status == 303
        visitors = [Visitor(server) for _ in range(THREADS)]

        def sign_in_repeatedly(visitor: Visitor) -> Counter[int]:
            statuses = Counter()
            for _ in range(5):
                visitor.cookies.clear()
                statuses[visitor.sign_in(EMAIL).status] += 1
            return statuses

        statuses_of_all = sum(
            at_once(partial(sign_in_repeatedly, each) for each in visitors), Counter()
        )
        assert statuses_of_all == {303: 5 * THREADS}
        attacker = Visitor(server)
        assert attacker.sign_in(EMAIL, "not that one").status == 422
        assert try_until_throttled(attacker) == THREADS - 1
