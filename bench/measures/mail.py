"""What it costs to write mails, and whether anybody waits for a mail server that hangs."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from statistics import median

import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.database import Database
from authsite.models import OutboxMessage
from authsite.tokens import new_id
from bench.figures import TIMES, Figure
from bench.run import Run, median_ratio
from bench.server import Server, new_database, site
from bench.visitor import PASSWORD, Visitor
from tests.smtp import a_mailserver

#: Transactions that are timed in one turn, and sign-ups.
_TRANSACTIONS, _SIGN_UPS = 50, 8
_WORDS = "Somebody has asked for this mail. " * 100

_numbers = itertools.count(1)


def measure(run: Run) -> Iterator[Figure]:
    """Time a transaction with a message and without; a sign-up while the mail server hangs."""
    yield _queueing(run)
    yield _sign_up(run)


def _queueing(run: Run) -> Figure:
    path = new_database(run, "queueing")
    url = sa.make_url(f"sqlite:///{path}")
    database = Database(url, pool_size=1, wait=timedelta(seconds=10))
    taken = run.take_turns(
        empty=lambda: _milliseconds(database, messages=0),
        full=lambda: _milliseconds(database, messages=1),
    )
    database.dispose()
    added = median(b - a for a, b in zip(taken["empty"], taken["full"], strict=True))
    return Figure(
        measure="a message in the outbox, added to a transaction that writes one already: median",
        value=added,
        unit="ms",
        under=3,
        note=f"{median(taken['full']):.2f} - {median(taken['empty']):.2f} ms",
    )


def _milliseconds(database: Database, *, messages: int) -> float:
    """Return the median of transactions with one message that both have, and so many more."""
    times = []
    for _ in range(_TRANSACTIONS):
        begun = time.perf_counter()
        with database.writing.begin() as connection:
            for _ in range(1 + messages):
                connection.execute(sa.insert(OutboxMessage.__table__).values(_a_message()))
        times.append((time.perf_counter() - begun) * 1000)
    return median(times)


def _a_message() -> dict[str, object]:
    now = utc_now()
    words = {"subject": "A mail", "text": _WORDS, "html": _WORDS}
    names = {"id": new_id(), "kind": "verify_email", "recipient": "grace@example.com"}
    return {**names, **words, "due_at": now, "next_try_at": now}


def _sign_up(run: Run) -> Figure:
    """Compare two sites that differ in nothing but what their mail server does."""
    with ExitStack() as running:

        def start(name: str, *, hangs: bool) -> Server:
            mailserver = running.enter_context(a_mailserver())
            mailserver.hangs = hangs
            settings = {
                "AUTHSITE_MAIL_PORT": str(mailserver.port),
                "AUTHSITE_MAIL_THREAD": "yes",
                "AUTHSITE_MAIL_TIMEOUT": "1h",
            }
            database = new_database(run, name)
            return running.enter_context(
                site(run, database, core=run.server_core, settings=settings)
            )

        well, hanging = start("mail-well", hangs=False), start("mail-hangs", hangs=True)
        times = run.take_turns(hanging=_sign_ups(hanging), well=_sign_ups(well))
    return Figure(
        measure="a sign-up while the mail server hangs ÷ while it is well, pinned: median",
        value=median_ratio(times["hanging"], times["well"]),
        unit=TIMES,
        under=1.10,
        note=f"{median(times['hanging']):.1f} ÷ {median(times['well']):.1f} ms",
    )


def _sign_ups(server: Server) -> Callable[[], float]:
    def milliseconds() -> float:
        times = []
        for _ in range(_SIGN_UPS):
            visitor = Visitor(server)
            body = visitor.form(
                "/sign-up",
                first_name="Grace",
                last_name="Hopper",
                email=f"grace{next(_numbers)}@example.com",
                password=PASSWORD,
                confirm_password=PASSWORD,
            )
            begun = time.perf_counter()
            visitor.post("/sign-up", body)
            times.append((time.perf_counter() - begun) * 1000)
        return median(times)

    return milliseconds
