"""Many visitors at once, who write through the dbsession of a host on SQLite."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from authsite.models import User
from tests.hosts.seam.host import Host

MANY = 12
ROUNDS = 5
#: Seconds after which a test that waits for another thread has failed.
PATIENCE = 30


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_simultaneous_sign_ups_all_succeed(build_host: Callable[..., Host], mode: str) -> None:
    host = build_host()
    with host.engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA journal_mode={mode}")
    for number in range(ROUNDS):
        barrier = threading.Barrier(MANY)

        def sign_up(
            visitor: int, barrier: threading.Barrier = barrier, number: int = number
        ) -> tuple[int, bool]:
            browser = host.visitor(REMOTE_ADDR=f"198.51.100.{visitor}")
            barrier.wait(PATIENCE)
            response = browser.sign_up(email=f"ada{number}.{visitor}@example.com")
            return response.status_int, browser.is_signed_in

        with ThreadPoolExecutor(MANY) as pool:
            assert list(pool.map(sign_up, range(MANY))) == [(303, True)] * MANY
    assert host.all(sa.select(sa.func.count(User.id))) == [(MANY * ROUNDS,)]
