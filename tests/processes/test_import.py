"""An import that is killed in the middle, and one while people sign up."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from authsite.importing.import_users import BATCH
from authsite.models import User
from tests.foreign_hashes import DEVISE, PASSWORD
from tests.processes.crowds import at_once
from tests.processes.servers import DEADLINE, NO_MAIL, PRODUCTION, SECRET, SITE_URL, Server, until
from tests.processes.visitors import Visitor

#: Far more than are imported before anybody can look.
MANY = 20_000
DEATHS = 2
#: Addresses for which people sign up while they are imported.
CONTESTED = 60


@pytest.fixture
def start(database_url: str) -> Iterator:
    """Start `authsite import` for the database of the test; whatever still runs at the end ends."""
    started: list[subprocess.Popen] = []

    def go(path: Path) -> subprocess.Popen:
        command = [str(Path(sys.executable).parent / "authsite"), "import", str(PRODUCTION)]
        environ = {
            **os.environ,
            **NO_MAIL,
            "AUTHSITE_SECRET": SECRET,
            "AUTHSITE_SITE_URL": SITE_URL,
            "DATABASE_URL": database_url,
        }
        process = subprocess.Popen(
            [*command, "jsonl", str(path), "--json"],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield go
    for process in started:
        process.kill()
        process.communicate(timeout=DEADLINE)


def written(path: Path, number: int) -> Path:
    """Write so many people, and return the path."""
    with path.open("w") as file:
        for each in range(number):
            person = {"id": each, "email": f"visitor{each}@example.com", "name": "Grace Hopper"}
            file.write(f"{json.dumps(person | {'hash': DEVISE[PASSWORD]})}\n")
    return path


def answer_of(process: subprocess.Popen) -> dict[str, int]:
    """Wait for its end, and return what it says became of whom."""
    out, err = process.communicate(timeout=DEADLINE)
    assert err == b""
    return json.loads(out)


def ids_of(engine: Engine) -> dict[str, str]:
    """Return the ids of all who are here, by their former ids; everybody is whole."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(User.__table__)).mappings().all()
    for row in rows:
        assert row["password_hash"] == DEVISE[PASSWORD]
        assert (row["first_name"], row["last_name"]) == ("Grace", "Hopper")
        assert row["external_id"] == f"jsonl:{row['email'].removeprefix('visitor').split('@')[0]}"
    return {row["external_id"]: row["id"] for row in rows}


def test_an_import_that_is_killed_goes_on_where_it_was(
    start, tmp_path: Path, engine: Engine
) -> None:
    """Whole batches are here, and nobody comes twice."""
    path, before = written(tmp_path / "people.jsonl", MANY), {}

    def how_many() -> int:
        with engine.connect() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(User)).scalar_one()

    for _ in range(DEATHS):
        process = start(path)
        enough = len(before) + 2 * BATCH
        until(lambda enough=enough: how_many() >= enough, f"{enough} people")
        process.kill()
        process.communicate(timeout=DEADLINE)
        assert process.returncode == -9
        here = ids_of(engine)
        assert here.items() >= before.items()
        assert len(here) % BATCH == 0
        assert len(here) < MANY
        before = here
    answer = answer_of(start(path))
    assert answer["already_imported"] == len(before)
    assert answer["imported"] == MANY - len(before)
    assert answer["rejected"] == 0
    everybody = ids_of(engine)
    assert len(everybody) == MANY
    assert everybody.items() >= before.items()
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


def test_two_imports_at_once_bring_everybody_once(start, tmp_path: Path, engine: Engine) -> None:
    """Neither waits for the other in a circle, and between them they have brought all."""
    path = written(tmp_path / "people.jsonl", 4 * BATCH)
    running = [start(path), start(path)]
    answers = [answer_of(each) for each in running]
    assert sum(each["imported"] for each in answers) == 4 * BATCH
    assert sum(each["already_imported"] for each in answers) == 4 * BATCH
    assert [each["rejected"] for each in answers] == [0, 0]
    assert len(ids_of(engine)) == 4 * BATCH


def test_an_address_for_which_somebody_signs_up_meanwhile_has_one_account(
    start, tmp_path: Path, database_url: str, engine: Engine
) -> None:
    """Whoever comes first has it; the other is told, and both sides say what is so."""
    path = written(tmp_path / "people.jsonl", CONTESTED)
    with Server(tmp_path, database_url) as server:
        visitors = [Visitor(server) for _ in range(4)]

        def sign_ups(visitor: Visitor, first: int) -> int:
            answers = [
                visitor.sign_up(f"visitor{number}@example.com").status
                for number in range(first, CONTESTED, len(visitors))
                if not visitor.cookies.clear()
            ]
            assert set(answers) <= {303, 422}
            return answers.count(303)

        acts = [partial(sign_ups, visitor, first) for first, visitor in enumerate(visitors)]
        answer, *signed_up = at_once([lambda: answer_of(start(path)), *acts])
    assert answer["read"] == CONTESTED
    assert answer["imported"] + answer["rejected"] == CONTESTED
    assert answer["imported"] + sum(signed_up) == CONTESTED
    with engine.connect() as connection:
        rows = connection.execute(sa.select(User.email_normalized, User.external_id)).all()
    assert len({row.email_normalized for row in rows}) == len(rows) == CONTESTED
    assert sum(row.external_id is not None for row in rows) == answer["imported"]
