"""Imports that are killed, run simultaneously, or run while visitors sign up."""

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
from tests.processes.concurrency import at_once
from tests.processes.servers import DEADLINE, NO_MAIL, PRODUCTION, SECRET, SITE_URL, Server, until
from tests.processes.visitors import Visitor

#: More than are imported before the first look at the database.
MANY = 20_000
KILLS = 2
#: Emails that are imported and signed up for at the same time.
CONTESTED = 60


@pytest.fixture
def start(database_url: str) -> Iterator:
    """Return a function that starts `authsite import`; kill what still runs after the test."""
    started: list[subprocess.Popen] = []

    def start_import(path: Path) -> subprocess.Popen:
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

    yield start_import
    for process in started:
        process.kill()
        process.communicate(timeout=DEADLINE)


def write_users(path: Path, number: int) -> Path:
    """Write a file with this number of users; return its path."""
    with path.open("w") as file:
        for each in range(number):
            user = {"id": each, "email": f"visitor{each}@example.com", "name": "Grace Hopper"}
            file.write(f"{json.dumps(user | {'hash': DEVISE[PASSWORD]})}\n")
    return path


def report_of(process: subprocess.Popen) -> dict[str, int]:
    """Wait for the end of an import and return its report."""
    out, err = process.communicate(timeout=DEADLINE)
    assert err == b""
    return json.loads(out)


def ids_of(engine: Engine) -> dict[str, str]:
    """Return the id of each user by external id, after checking their values."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(User.__table__)).mappings().all()
    for row in rows:
        assert row["password_hash"] == DEVISE[PASSWORD]
        assert (row["first_name"], row["last_name"]) == ("Grace", "Hopper")
        assert row["external_id"] == f"jsonl:{row['email'].removeprefix('visitor').split('@')[0]}"
    return {row["external_id"]: row["id"] for row in rows}


def test_killed_import_resumes(start, tmp_path: Path, engine: Engine) -> None:
    """Only complete batches are imported, and each user once."""
    path, before = write_users(tmp_path / "users.jsonl", MANY), {}

    def count_users() -> int:
        with engine.connect() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(User)).scalar_one()

    for _ in range(KILLS):
        process = start(path)
        enough = len(before) + 2 * BATCH
        until(lambda enough=enough: count_users() >= enough, f"{enough} users")
        process.kill()
        process.communicate(timeout=DEADLINE)
        assert process.returncode == -9
        imported = ids_of(engine)
        assert imported.items() >= before.items()
        assert len(imported) % BATCH == 0
        assert len(imported) < MANY
        before = imported
    report = report_of(start(path))
    assert report["already_imported"] == len(before)
    assert report["imported"] == MANY - len(before)
    assert report["rejected"] == 0
    all_ids = ids_of(engine)
    assert len(all_ids) == MANY
    assert all_ids.items() >= before.items()
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


def test_simultaneous_imports_import_each_user_once(start, tmp_path: Path, engine: Engine) -> None:
    """They do not deadlock, and together they import all users."""
    path = write_users(tmp_path / "users.jsonl", 4 * BATCH)
    running = [start(path), start(path)]
    reports = [report_of(each) for each in running]
    assert sum(each["imported"] for each in reports) == 4 * BATCH
    assert sum(each["already_imported"] for each in reports) == 4 * BATCH
    assert [each["rejected"] for each in reports] == [0, 0]
    assert len(ids_of(engine)) == 4 * BATCH


def test_sign_up_during_import_creates_one_account_per_email(
    start, tmp_path: Path, database_url: str, engine: Engine
) -> None:
    """The first one wins, the other is rejected, and the reports match the rows."""
    path = write_users(tmp_path / "users.jsonl", CONTESTED)
    with Server(tmp_path, database_url) as server:
        visitors = [Visitor(server) for _ in range(4)]

        def sign_ups(visitor: Visitor, first: int) -> int:
            statuses = [
                visitor.sign_up(f"visitor{number}@example.com").status
                for number in range(first, CONTESTED, len(visitors))
                if not visitor.cookies.clear()
            ]
            assert set(statuses) <= {303, 422}
            return statuses.count(303)

        functions = [partial(sign_ups, visitor, first) for first, visitor in enumerate(visitors)]
        report, *signed_up = at_once([lambda: report_of(start(path)), *functions])
    assert report["read"] == CONTESTED
    assert report["imported"] + report["rejected"] == CONTESTED
    assert report["imported"] + sum(signed_up) == CONTESTED
    with engine.connect() as connection:
        rows = connection.execute(sa.select(User.email_normalized, User.external_id)).all()
    assert len({row.email_normalized for row in rows}) == len(rows) == CONTESTED
    assert sum(row.external_id is not None for row in rows) == report["imported"]
