"""What it costs to write mails, and whether anybody waits for a mail server that hangs."""

import http
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
from bench.visitor import EMAIL, PASSWORD, Visitor
from tests.smtp import Mailserver, a_mailserver

#: Transactions that are timed in one turn, and forms.
_TRANSACTIONS, _FORMS = 50, 20
#: So patient that the server that hangs does so all the time, and without a limit on mails.
_UNBOUNDED = {
    "AUTHSITE_MAIL_THREAD": "yes",
    "AUTHSITE_MAIL_TIMEOUT": "1h",
    "AUTHSITE_THROTTLE_MAIL_ADDRESS": "1000000/1d",
    "AUTHSITE_THROTTLE_MAIL_NETWORK": "1000000/1d",
}
_WORDS = "Somebody has asked for this mail. " * 100

_numbers = itertools.count(1)


def measure(run: Run) -> Iterator[Figure]:
    """Time a transaction with a message and without, and pages while the mail server hangs."""
    yield _queueing(run)
    yield from _answers(run)


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


def _answers(run: Run) -> Iterator[Figure]:
    """Compare two sites that differ in nothing but what their mail server does."""
    with ExitStack() as running:

        def start(name: str, *, hangs: bool) -> tuple[Server, Mailserver]:
            mailserver = running.enter_context(a_mailserver())
            mailserver.hangs = hangs
            settings = _UNBOUNDED | {"AUTHSITE_MAIL_PORT": str(mailserver.port)}
            database = new_database(run, name)
            server = running.enter_context(
                site(run, database, core=run.server_core, settings=settings)
            )
            Visitor.signed_up(server)  # who the known address is
            return server, mailserver

        (well, _), (hanging, hung) = start("well", hangs=False), start("hanging", hangs=True)
        signed_up = run.take_turns(hanging=_sign_ups(hanging), well=_sign_ups(well))
        asked = run.take_turns(
            known=_forgotten(well, known=True),
            unknown=_forgotten(well, known=False),
            hanging=_forgotten(hanging, known=True),
        )
        if not hung.waiting:
            raise RuntimeError("no mail was on its way to the server that hangs")
    hangs = "while the mail server hangs ÷ while it is well, pinned: median"
    yield _ratio(f"a sign-up {hangs}", signed_up["hanging"], signed_up["well"])
    yield _ratio(f"a forgotten password {hangs}", asked["hanging"], asked["known"])
    yield _ratio(
        "a forgotten password of a known address ÷ of an unknown one, pinned: median",
        asked["known"],
        asked["unknown"],
    )


def _ratio(what: str, dividends: list[float], divisors: list[float]) -> Figure:
    return Figure(
        measure=what,
        value=median_ratio(dividends, divisors),
        unit=TIMES,
        under=1.10,
        note=f"{median(dividends):.1f} ÷ {median(divisors):.1f} ms",
    )


def _sign_ups(server: Server) -> Callable[[], float]:
    names = {"first_name": "Grace", "last_name": "Hopper"}
    passwords = {"password": PASSWORD, "confirm_password": PASSWORD}
    return lambda: _median_of(
        server, "/sign-up", lambda: {"email": _new_address(), **names, **passwords}
    )


def _forgotten(server: Server, *, known: bool) -> Callable[[], float]:
    address = (lambda: EMAIL) if known else _new_address
    return lambda: _median_of(server, "/forgot-password", lambda: {"email": address()})


def _median_of(server: Server, path: str, fields: Callable[[], dict[str, str]]) -> float:
    """Return the median of several forms, each of somebody else, in milliseconds."""
    times = []
    for _ in range(_FORMS):
        visitor = Visitor(server)
        body = visitor.form(path, **fields())
        begun = time.perf_counter()
        answer = visitor.send(path, body)
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status not in {http.HTTPStatus.OK, http.HTTPStatus.SEE_OTHER}:
            problem = f"POST {path}: {answer.status}\n{answer.body.decode()}"
            raise RuntimeError(problem)
    return median(times)


def _new_address() -> str:
    return f"grace{next(_numbers)}@example.com"
