"""What it costs to queue emails, and whether pages wait for a mail server that hangs."""

import http
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from statistics import median, quantiles

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.clock import utc_now
from authsite.db.engines import Database
from authsite.models import PurgeRun
from authsite.tokens import new_id
from bench.figures import TIMES, Figure
from bench.run import Run
from bench.server import Server, new_database, site
from bench.visitor import EMAIL, PASSWORD, Visitor
from tests.factories import an_outbox
from tests.smtp import Mailserver, a_mailserver

#: Transactions that are timed in one turn, and forms.
_TRANSACTIONS, _FORMS = 50, 20
#: A timeout longer than the measurement, and no rate limit on emails.
_UNBOUNDED = {
    "AUTHSITE_MAIL_DELIVER_IN_PROCESS": "yes",
    "AUTHSITE_MAIL_TIMEOUT": "1h",
    "AUTHSITE_THROTTLE_EMAIL_RECIPIENT": "1000000/1d",
    "AUTHSITE_THROTTLE_EMAIL_NETWORK": "1000000/1d",
    "AUTHSITE_THROTTLE_EMAIL_UNVERIFIED": "1000000/1d",
}

_numbers = itertools.count(1)


def measure(run: Run) -> Iterator[Figure]:
    """Time a transaction with a message and without, and pages while the mail server hangs."""
    yield _queueing(run)
    yield from _answers(run)


def _queueing(run: Run) -> Figure:
    path = new_database(run, "queueing")
    url = sa.make_url(f"sqlite:///{path}")
    database = Database(url, pool_size=1, timeout=timedelta(seconds=10))
    taken = run.take_turns(
        without=lambda: _milliseconds(database, _nothing),
        queued=lambda: _milliseconds(database, _put),
    )
    database.dispose()
    added = median(b - a for a, b in zip(taken["without"], taken["queued"], strict=True))
    return Figure(
        measure="a message, written and queued, added to a transaction that writes a row: median",
        value=added,
        unit="ms",
        under=3,
        note=f"{median(taken['queued']):.2f} - {median(taken['without']):.2f} ms",
    )


def _milliseconds(database: Database, more: Callable[[Session], None]) -> float:
    """Return the median of transactions that write a row and do `more`."""
    times = []
    for _ in range(_TRANSACTIONS):
        started = time.perf_counter()
        with Session(database.write_engine) as dbsession:
            dbsession.execute(sa.update(PurgeRun).values(started_at=utc_now()))
            more(dbsession)
            dbsession.commit()
        times.append((time.perf_counter() - started) * 1000)
    return median(times)


def _nothing(_dbsession: Session) -> None:
    pass


def _put(dbsession: Session) -> None:
    outbox = an_outbox(dbsession, now=utc_now())
    outbox.put(
        "verify_email",
        to=EMAIL,
        user_id=None,
        link=outbox.link_to("verify-email", new_id()),
        lifetime="a day",
        is_repeated=False,
    )


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
            Visitor.signed_up(server)  # the known email address
            return server, mailserver

        (well, _), (hanging, hung) = start("well", hangs=False), start("hanging", hangs=True)
        signed_up = _in_turns(run, hanging=_sign_up(hanging), well=_sign_up(well))
        forgot = _in_turns(
            run,
            hanging=_forget(hanging, lambda: EMAIL),
            well=_forget(well, lambda: EMAIL),
        )
        forgot_by_email = _in_turns(
            run, known=_forget(well, lambda: EMAIL), unknown=_forget(well, _new_email)
        )
        if not hung.waiting:
            raise RuntimeError("no mail was on its way to the server that hangs")
    hangs = "while the mail server hangs ÷ while it is well, pinned: lower quartile"
    yield _ratio(f"a sign-up {hangs}", signed_up["hanging"], signed_up["well"])
    yield _ratio(f"a forgotten password {hangs}", forgot["hanging"], forgot["well"])
    yield _ratio(
        "a forgotten password of a known address ÷ of an unknown one, pinned: lower quartile",
        forgot_by_email["known"],
        forgot_by_email["unknown"],
    )


def _ratio(what: str, dividend: float, divisor: float) -> Figure:
    return Figure(
        measure=what,
        value=dividend / divisor,
        unit=TIMES,
        under=1.10,
        note=f"{dividend:.1f} ÷ {divisor:.1f} ms",
    )


def _in_turns(run: Run, **measured: Callable[[], float]) -> dict[str, float]:
    """Send the forms in turn; return the lower quartile of each.

    Each is first as often as the others. Other load only adds time.
    """
    taken: dict[str, list[float]] = {name: [] for name in measured}
    names = list(measured)
    for _ in range(run.rounds * _FORMS):
        for name in names:
            taken[name].append(measured[name]())
        names = [*names[1:], names[0]]
    return {name: quantiles(times, n=4)[0] for name, times in taken.items()}


def _sign_up(server: Server) -> Callable[[], float]:
    names = {"first_name": "Grace", "last_name": "Hopper"}
    passwords = {"password": PASSWORD, "confirm_password": PASSWORD}
    return lambda: _sent(server, "/sign-up", {"email": _new_email(), **names, **passwords})


def _forget(server: Server, email: Callable[[], str]) -> Callable[[], float]:
    return lambda: _sent(server, "/forgot-password", {"email": email()})


def _sent(server: Server, path: str, fields: dict[str, str]) -> float:
    """Return the milliseconds of a form sent from a new device."""
    visitor = Visitor(server)
    body = visitor.form(path, **fields)
    started = time.perf_counter()
    answer = visitor.send(path, body)
    taken = (time.perf_counter() - started) * 1000
    if answer.status not in {http.HTTPStatus.OK, http.HTTPStatus.SEE_OTHER}:
        problem = f"POST {path}: {answer.status}\n{answer.body.decode()}"
        raise RuntimeError(problem)
    return taken


def _new_email() -> str:
    return f"grace{next(_numbers)}@example.com"
