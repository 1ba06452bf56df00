"""A flood of sign-ins fills the hash queue, but does not slow down other pages."""

import itertools
from functools import partial
from pathlib import Path

import pytest

from tests.browsers import PASSWORD
from tests.processes.concurrency import meanwhile
from tests.processes.servers import UNTHROTTLED, Server, until
from tests.processes.visitors import Answer, Visitor

EMAIL = "ada@example.com"
THREADS = 24
#: Hashes with the costs of production and a short queue.
SHORT_QUEUE = {"AUTHSITE_PASSWORDS_HASH_THREADS": "1", "AUTHSITE_PASSWORDS_HASH_QUEUE_SIZE": "4"}


@pytest.mark.asvs("15.1.3", "15.2.2", "15.4.4")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sign_in_flood_leaves_other_pages_responsive(tmp_path: Path, database_url: str) -> None:
    """Sign-ins in the queue are answered, others get 503 immediately, and pages load."""
    with Server(tmp_path, database_url, settings=SHORT_QUEUE | UNTHROTTLED) as server:
        member = Visitor(server)
        assert member.sign_up(EMAIL).status == 303
        anonymous = Visitor(server)
        answers: list[Answer] = []

        def sign_in(visitor: Visitor, password: str) -> None:
            visitor.cookies.clear()
            answers.append(visitor.sign_in(EMAIL, password))

        passwords = itertools.cycle([PASSWORD, "a wrong password"])
        with meanwhile(partial(sign_in, Visitor(server), next(passwords)) for _ in range(THREADS)):
            for _ in range(50):
                assert member.get("/dashboard").status == 200
                assert anonymous.get("/").status == 200
            until(lambda: {303, 422} <= {answer.status for answer in answers}, "answered sign-ins")

    assert {answer.status for answer in answers} == {303, 422, 503}
    for answer in answers:
        if answer.status == 503:
            assert int(answer.headers["Retry-After"]) > 0
            assert EMAIL in answer.text, "the entered email is lost"
            assert PASSWORD not in answer.text
