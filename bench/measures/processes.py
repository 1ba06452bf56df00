"""How a second process and more clients affect a server that is pinned to a core."""

from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median

from bench.figures import TIMES, Figure
from bench.run import Run, median_ratio
from bench.server import Server, new_database, site
from bench.visitor import Visitor
from bench.wrk import Load

_CLIENTS = 16


def measure(run: Run) -> Iterator[Figure]:
    """Load one pinned process, two, and one with more clients than usual.

    On two cores, two processes leave none for the load generator. For a fair comparison each
    process is loaded from its own core, the single one as well. The single one with the load
    generator on the idle core is measured, too.
    """
    database = new_database(run, "processes")
    here, there = run.server_core, run.load_core
    with ExitStack() as running:
        first = running.enter_context(site(run, database, core=here))
        second = running.enter_context(site(run, database, core=there))
        cookie = {"Cookie": Visitor.signed_up(first).cookie}

        def rate(*loaded: tuple[Server, int], clients: int = _CLIENTS) -> float:
            loads = [
                Load(
                    server,
                    "/dashboard",
                    clients=clients,
                    core=core,
                    seconds=run.seconds,
                    headers=cookie,
                )
                for server, core in loaded
            ]
            return sum(load.result().accepted_by_all().per_second for load in loads)

        rates = run.take_turns(
            one=lambda: rate((first, here)),
            two=lambda: rate((first, here), (second, there)),
            alone=lambda: rate((first, there)),
            many=lambda: rate((first, there), clients=64),
        )
    yield Figure(
        measure="two pinned processes ÷ one, each loaded from its own core",
        value=median_ratio(rates["two"], rates["one"]),
        unit=TIMES,
        at_least=1.8,
        note=f"{median(rates['two']):.0f} ÷ {median(rates['one']):.0f} dashboards a second",
    )
    yield Figure(
        measure="two pinned processes ÷ one that is loaded from the other core",
        value=median_ratio(rates["two"], rates["alone"]),
        unit=TIMES,
        note="two servers and the load on two cores, against one server and the load on two",
    )
    yield Figure(
        measure="64 clients ÷ 16 clients, one pinned process",
        value=median_ratio(rates["many"], rates["alone"]),
        unit=TIMES,
        at_least=0.8,
        note=f"{median(rates['many']):.0f} ÷ {median(rates['alone']):.0f} dashboards a second",
    )
