"""Two processes find the same expired sessions."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from authsite.clock import utc_now
from authsite.models import User, UserSession
from authsite.purging.targets import BATCH
from tests.processes.crowds import at_once
from tests.processes.servers import Server, until
from tests.processes.visitors import Visitor

EXPIRED = 8 * BATCH


def test_one_process_sweeps_for_all(tmp_path: Path, database_url: str, engine: Engine) -> None:
    """What has expired goes, swept by one of the processes; who is signed in stays so."""
    leave_expired_sessions(engine)
    with Server(tmp_path, database_url) as one, Server(tmp_path, database_url) as two:
        visitors = [Visitor((one, two)[number % 2]) for number in range(8)]
        at_once(
            partial(visitor.sign_up, f"visitor{number}@example.com")
            for number, visitor in enumerate(visitors)
        )
        until(lambda: swept(one) + swept(two), "a sweep")
        with engine.connect() as connection:
            left = sa.select(sa.func.count()).select_from(UserSession)
            assert connection.execute(left).scalar_one() == len(visitors)
        assert all(visitor.is_signed_in for visitor in visitors)
    gone = f"{EXPIRED} expired sessions, 0 forgotten throttles, 0 expired links, 0 old messages"
    assert swept(one) + swept(two) == [
        f"sys_purge: {gone}, 0 old events, 0 closed accounts deleted"
    ]


def swept(server: Server) -> list[str]:
    """Return what a server has said about its sweeping."""
    said = (record["message"] for record in server.records())
    return [message for message in said if message.startswith("sys_purge")]


def leave_expired_sessions(engine: Engine) -> None:
    """Add somebody who has signed in very often, and never since."""
    then = utc_now() - timedelta(days=100)
    user = {"id": "a" * 16, "first_name": "Ada", "last_name": "Lovelace", "password_hash": "x"}
    sessions = [
        {"id": f"{number:016}", "secret_digest": bytes(32), "user_id": user["id"]}
        | {"created_at": then, "last_seen_at": then, "authenticated_at": then, "expires_at": then}
        for number in range(EXPIRED)
    ]
    address = {
        "email": "old@example.com",
        "email_normalized": "old@example.com",
        "created_at": then,
    }
    with engine.begin() as connection:
        connection.execute(sa.insert(User), [user | address])
        connection.execute(sa.insert(UserSession), sessions)
