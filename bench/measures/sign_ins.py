"""Sign-ins per second, and the dashboard of other users meanwhile."""

import http
import os
import threading
import time
from collections.abc import Iterator
from statistics import median

from argon2 import PasswordHasher

from bench.figures import TIMES, Figure
from bench.rows import count_sessions, password_hash
from bench.run import Run, median_ratio
from bench.server import Server, new_database, site
from bench.visitor import EMAIL, FORM, PASSWORD, Visitor
from bench.wrk import Load, Result

_OTHERS = 4


def measure(run: Run) -> Iterator[Figure]:
    """Compare sign-ins with bare hashing; load the dashboard while others sign in."""
    for core, how in ((run.server_core, "pinned"), (None, "unpinned")):
        yield from _measure(run, core, how)


def _measure(run: Run, core: int | None, how: str) -> Iterator[Figure]:
    database = new_database(run, f"sign-ins-{how}")
    load_core = None if core is None else run.load_core
    with site(run, database, core=core) as server:
        inside = {"Cookie": Visitor.signed_up(server).cookie}
        known = password_hash(database)

        def sign_ins_per_second() -> float:
            result = storm(server, 16, load_core, run.seconds).result()
            settle(server)
            return result.per_second

        rates = run.take_turns(
            hashes=lambda: hashes_per_second(known, seconds=run.seconds),
            sign_ins=sign_ins_per_second,
        )
        yield Figure(
            measure=f"sign-ins of 16 clients ÷ bare Argon2 on all cores, {how}",
            value=median_ratio(rates["sign_ins"], rates["hashes"]),
            unit=TIMES,
            at_least=0.85,
            note=f"{median(rates['sign_ins']):.1f} ÷ {median(rates['hashes']):.1f} a second",
        )
        # Wanted of a pinned server, as in production; the other one is for comparison.
        is_pinned = core is not None
        for clients, highest_median, highest_p99 in ((16, 5, 50), (64, None, 100)):
            before, seen, signed = count_sessions(database), [], []
            for _ in range(run.rounds):
                storming = storm(server, clients, load_core, run.seconds)
                others = Load(
                    server,
                    "/dashboard",
                    clients=_OTHERS,
                    core=load_core,
                    seconds=run.seconds,
                    headers=inside,
                )
                seen.append(others.result().accepted_by_all())
                signed.append(storming.result())
                settle(server)
            opened = count_sessions(database) - before
            yield from _latencies(
                clients=clients,
                how=how,
                seen=seen,
                signed=signed,
                opened=opened,
                highest_median=highest_median if is_pinned else None,
                highest_p99=highest_p99 if is_pinned else None,
            )


def _latencies(
    *,
    clients: int,
    how: str,
    seen: list[Result],
    signed: list[Result],
    opened: int,
    highest_median: float | None,
    highest_p99: float | None,
) -> Iterator[Figure]:
    rate = median(result.per_second for result in signed)
    refused = sum(result.refused for result in signed)
    during = f"dashboard for {_OTHERS} others while {clients} clients sign in, {how}"
    yield Figure(
        measure=f"{during}: median",
        value=median(result.median for result in seen),
        unit="ms",
        under=highest_median,
        note=f"{median(result.per_second for result in seen):.0f} a second, "
        f"beside {rate:.1f} sign-ins a second",
    )
    yield Figure(
        measure=f"{during}: p99",
        value=median(result.p99 for result in seen),
        unit="ms",
        under=highest_p99,
        note=f"worst round {max(result.p99 for result in seen):.0f} ms; "
        f"{opened} sessions opened, {refused} sign-ins refused (503)",
    )


def storm(server: Server, clients: int, core: int | None, seconds: int) -> Load:
    """Let clients sign in to the benchmark's account again and again.

    They share the anonymous cookie and CSRF token of one visitor; each answer is a redirect and a
    new session.
    """
    visitor = Visitor(server)
    body = visitor.form("/sign-in", email=EMAIL, password=PASSWORD, next="/")
    headers = {**FORM, "Cookie": visitor.cookie}
    return Load(
        server, "/sign-in", clients=clients, core=core, seconds=seconds, headers=headers, body=body
    )


def settle(server: Server) -> None:
    """Wait until the server has finished the sign-ins of a load that has ended.

    The hash queue is first come, first served, so that this sign-in is answered last.
    """
    visitor = Visitor(server)
    body = visitor.form("/sign-in", email=EMAIL, password=PASSWORD, next="")
    while visitor.send("/sign-in", body).status == http.HTTPStatus.SERVICE_UNAVAILABLE:
        time.sleep(0.1)


def hashes_per_second(known: str, *, seconds: float) -> float:
    """Return how often all cores together verify the password against this hash per second."""
    started = time.perf_counter()
    verified: list[float] = []

    def verify() -> None:
        hasher = PasswordHasher()  # the parameters are in the hash
        while time.perf_counter() - started < seconds:
            hasher.verify(known, PASSWORD)
            verified.append(time.perf_counter())

    threads = [threading.Thread(target=verify) for _ in range(os.cpu_count() or 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(verified) / (max(verified) - started)
