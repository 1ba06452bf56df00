"""More people sign in than can be hashed for; the rest of the site does not notice."""

import itertools
from functools import partial
from pathlib import Path

import pytest

from tests.browsers import PASSWORD
from tests.processes.crowds import meanwhile
from tests.processes.servers import UNTHROTTLED, Server, until
from tests.processes.visitors import Answer, Visitor

EMAIL = "ada@example.com"
THREADS = 24
#: Hashes that cost what they cost in production; few may wait.
FEW = {"AUTHSITE_PASSWORDS_HASH_THREADS": "1", "AUTHSITE_PASSWORDS_HASH_QUEUE_SIZE": "4"}


@pytest.mark.asvs("15.1.3", "15.2.2", "15.4.4")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_storm_of_sign_ins_leaves_the_site_to_the_others(
    tmp_path: Path, database_url: str
) -> None:
    """Who fits is served, who does not is put off at once, and pages open."""
    with Server(tmp_path, database_url, settings=FEW | UNTHROTTLED) as server:
        inhabitant = Visitor(server)
        assert inhabitant.sign_up(EMAIL).status == 303
        stranger = Visitor(server)
        answers: list[Answer] = []

        def sign_in(visitor: Visitor, password: str) -> None:
            visitor.cookies.clear()
            answers.append(visitor.sign_in(EMAIL, password))

        passwords = itertools.cycle([PASSWORD, "a wrong password"])
        with meanwhile(partial(sign_in, Visitor(server), next(passwords)) for _ in range(THREADS)):
            for _ in range(50):
                assert inhabitant.get("/dashboard").status == 200
                assert stranger.get("/").status == 200
            until(lambda: {303, 422} <= {answer.status for answer in answers}, "somebody is served")

    assert {answer.status for answer in answers} == {303, 422, 503}
    for answer in answers:
        if answer.status == 503:
            assert int(answer.headers["Retry-After"]) > 0
            assert EMAIL in answer.text, "what was typed is lost"
            assert PASSWORD not in answer.text
