"""Two processes find the same expired sessions."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from authsite.clock import utc_now
from authsite.models import User, UserSession
from authsite.purging.targets import BATCH
from tests.processes.concurrency import at_once
from tests.processes.servers import Server, until
from tests.processes.visitors import Visitor

EXPIRED = 8 * BATCH


def test_one_process_purges_for_all(tmp_path: Path, database_url: str, engine: Engine) -> None:
    """One process deletes all expired sessions; the other sessions stay."""
    leave_expired_sessions(engine)
    with Server(tmp_path, database_url) as one, Server(tmp_path, database_url) as two:
        visitors = [Visitor((one, two)[number % 2]) for number in range(8)]
        at_once(
            partial(visitor.sign_up, f"visitor{number}@example.com")
            for number, visitor in enumerate(visitors)
        )
        until(lambda: purges(one) + purges(two), "a purge")
        with engine.connect() as connection:
            left = sa.select(sa.func.count()).select_from(UserSession)
            assert connection.execute(left).scalar_one() == len(visitors)
        assert all(visitor.is_signed_in for visitor in visitors)
    deleted = (
        f"{EXPIRED} expired sessions, 0 expired pending sign-ins, 0 answered forms, "
        "0 forgotten throttles, 0 expired links, 0 old messages, 0 old events, "
        "0 unverified accounts, 0 events of closed accounts, 0 messages of closed accounts, "
        "0 closed accounts deleted"
    )
    assert purges(one) + purges(two) == [f"sys_purge: {deleted}"]


def purges(server: Server) -> list[str]:
    """Return what a server has logged about its purges."""
    messages = (record["message"] for record in server.records())
    return [message for message in messages if message.startswith("sys_purge")]


def leave_expired_sessions(engine: Engine) -> None:
    """Add the expired sessions of one user."""
    then = utc_now() - timedelta(days=100)
    user = {"id": "a" * 16, "first_name": "Ada", "last_name": "Lovelace", "password_hash": "x"}
    sessions = [
        {"id": f"{number:016}", "secret_digest": bytes(32), "user_id": user["id"]}
        | {"created_at": then, "last_seen_at": then, "authenticated_at": then, "expires_at": then}
        for number in range(EXPIRED)
    ]
    email = {
        "email": "old@example.com",
        "email_normalized": "old@example.com",
        "email_verified_at": then,
        "created_at": then,
    }
    with engine.begin() as connection:
        connection.execute(sa.insert(User), [user | email])
        connection.execute(sa.insert(UserSession), sessions)
