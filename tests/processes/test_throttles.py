"""Of many who try at the same moment, in several processes, exactly as many get through as may."""

from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from tests.processes.crowds import at_once
from tests.processes.servers import CHEAP_HASHES, UNTHROTTLED, Server
from tests.processes.visitors import Visitor

EMAIL = "ada@example.com"
LIMIT, THREADS = 100, 16
SETTINGS = CHEAP_HASHES | UNTHROTTLED | {"AUTHSITE_THROTTLE_SIGN_IN_ACCOUNT": f"{LIMIT}/1h"}


def try_until_held_up(visitor: Visitor) -> int:
    """Send wrong passwords until the site takes no more; return how many it took."""
    page, taken = visitor.get("/sign-in"), 0
    while True:
        answer = visitor.send(page, {"email": EMAIL, "password": "not that one"})
        assert answer.status in {422, 429}, answer
        if answer.status == 429:
            return taken
        taken += 1


@pytest.mark.asvs("15.4.2", "2.3.4", "6.3.1")
def test_of_two_processes_and_many_threads_exactly_as_many_get_through_as_may(
    tmp_path: Path, database_url: str
) -> None:
    with (
        Server(tmp_path, database_url, settings=SETTINGS) as one,
        Server(tmp_path, database_url, settings=SETTINGS) as two,
    ):
        visitors = [Visitor(server) for server in (one, two) for _ in range(THREADS)]
        taken = at_once(partial(try_until_held_up, visitor) for visitor in visitors)
    assert sum(taken) == LIMIT


@pytest.mark.asvs("6.3.1")
def test_a_process_that_dies_forgets_nothing(tmp_path: Path, database_url: str) -> None:
    """As by a power cut of the process: what it has answered, it has counted."""
    with Server(tmp_path, database_url, settings=SETTINGS) as server:
        visitor = Visitor(server)
        for _ in range(LIMIT // 2):
            assert visitor.sign_in(EMAIL, "not that one").status == 422
        server.kill()
        server.start()
        assert try_until_held_up(Visitor(server)) == LIMIT - LIMIT // 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_crowd_in_one_network_that_makes_no_mistake_is_not_held_up(
    tmp_path: Path, database_url: str
) -> None:
    """More at once than may fail, at one account even: they count when their turn has come."""
    with Server(tmp_path, database_url, settings={}) as server:
        assert Visitor(server).sign_up(EMAIL).status == 303
        visitors = [Visitor(server) for _ in range(45)]
        answers = at_once(partial(visitor.sign_in, EMAIL) for visitor in visitors)
        assert Counter(answer.status for answer in answers) == {303: 45}


@pytest.mark.asvs("6.3.1")
def test_of_right_passwords_at_the_same_moment_none_is_used_up(
    tmp_path: Path, database_url: str
) -> None:
    """As many as may at once, again and again: each gives back what it took, and no more."""
    settings = SETTINGS | {"AUTHSITE_THROTTLE_SIGN_IN_ACCOUNT": f"{THREADS}/1h..2h"}
    with Server(tmp_path, database_url, settings=settings) as server:
        assert Visitor(server).sign_up(EMAIL).status == 303
        visitors = [Visitor(server) for _ in range(THREADS)]

        def come_and_go(visitor: Visitor) -> Counter[int]:
            statuses = Counter()
            for _ in range(5):
                visitor.cookies.clear()
                statuses[visitor.sign_in(EMAIL).status] += 1
            return statuses

        everybody = sum(at_once(partial(come_and_go, each) for each in visitors), Counter())
        assert everybody == {303: 5 * THREADS}
        strangers = Visitor(server)
        assert strangers.sign_in(EMAIL, "not that one").status == 422
        assert try_until_held_up(strangers) == THREADS - 1
