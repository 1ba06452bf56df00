"""What the history costs: pages over many rows of other users, and the event of a sign-in."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median, quantiles
from typing import Any

from bench.figures import TIMES, Figure
from bench.history_rows import EVERY_USER, OTHERS, add_history, add_people
from bench.run import Run
from bench.server import Server, new_database, silent, site
from bench.visitor import EMAIL, PASSWORD, Visitor
from bench.wrk import Load

#: Of the user who looks: more than one page of events, and the maximum of sessions.
_OWN_EVENTS, _OWN_SESSIONS = 500, 20
#: Sign-ins in one turn of each.
_SIGN_INS = 40
_CHEAP_HASHES = {"AUTHSITE_PASSWORDS_TIME_COST": "1", "AUTHSITE_PASSWORDS_MEMORY_COST": "8"}
_PAGES = ("/account/history", "/account/sessions", "/account")


def measure(run: Run) -> Iterator[Figure]:
    """Load the pages of one user among many; then compare sign-ins with and without audit log."""
    yield from _pages(run)
    yield _sign_ins(run)


def _pages(run: Run) -> Iterator[Figure]:
    database = new_database(run, "history")
    events, sessions = run.rows(1_000_000), run.rows(100_000)
    with site(run, database, core=run.server_core) as server:
        visitor = Visitor.signed_up(server)
        add_history(database, EVERY_USER, events=_OWN_EVENTS, sessions=_OWN_SESSIONS)
        add_people(database, run.rows(10_000))
        add_history(database, OTHERS, events=events, sessions=sessions)
        cookie = {"Cookie": visitor.cookie}
        loads = {path: _median(run, server, path, cookie) for path in _PAGES}
        taken = run.take_turns(**loads)
    over = f"{events:,} events and {sessions:,} sessions of others".replace(",", " ")
    for path, times in taken.items():
        yield Figure(
            measure=f"{path} over {over}, 1 client, pinned: median",
            value=median(times),
            unit="ms",
            under=30,
            note=f"{_OWN_EVENTS} events and {_OWN_SESSIONS} sessions of one's own",
        )


def _sign_ins(run: Run) -> Figure:
    """Compare two servers that differ only in the audit log, from a known device.

    Their hashes cost almost nothing, since the time of an event is smaller than the variance of
    hashes; it is compared with a sign-in at the usual costs. They take turns, each first as often
    as the others. Other load only adds time, so the lower quartiles are compared.
    """
    with ExitStack() as running:

        def start(serve: Callable[..., Any], name: str, settings: dict[str, str]) -> Visitor:
            database = new_database(run, name)
            serving = serve(run, database, core=run.server_core, settings=settings)
            return Visitor.signed_up(running.enter_context(serving))

        browsers = {
            "written": start(site, "written", _CHEAP_HASHES),
            "silent": start(silent, "silent", _CHEAP_HASHES),
            "usual": start(site, "usual", {}),
        }
        taken: dict[str, list[float]] = {name: [] for name in browsers}
        names = list(browsers)
        for _ in range(run.rounds * _SIGN_INS):
            for name in names:
                taken[name].append(_sign_in(browsers[name]))
            names = [*names[1:], names[0]]
    quartiles = {name: quantiles(times, n=4)[0] for name, times in taken.items()}
    added, usual = quartiles["written"] - quartiles["silent"], quartiles["usual"]
    return Figure(
        measure="a sign-in with its event ÷ without, pinned: lower quartile",
        value=usual / (usual - added),
        unit=TIMES,
        under=1.05,
        note=f"{added:.2f} of {usual:.1f} ms; the first measured with cheap hashes",
    )


def _sign_in(visitor: Visitor) -> float:
    """Sign out, and return how long it takes to sign in again, in milliseconds."""
    visitor.submit("/sign-out")
    body = visitor.form("/sign-in", email=EMAIL, password=PASSWORD, next="")
    started = time.perf_counter()
    visitor.post("/sign-in", body)
    return (time.perf_counter() - started) * 1000


def _median(run: Run, server: Server, path: str, headers: dict[str, str]) -> Callable[[], float]:
    def measured() -> float:
        load = Load(
            server, path, clients=1, core=run.load_core, seconds=run.seconds, headers=headers
        )
        return load.result().accepted_by_all().median

    return measured
