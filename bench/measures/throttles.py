"""What throttles cost: a sign-in and a page, with and without them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median

from bench.figures import TIMES, Figure
from bench.measures.sign_ins import storm
from bench.run import Run, median_ratio
from bench.server import UNCOUNTED, Server, new_database, site
from bench.visitor import Visitor
from bench.wrk import Load


def measure(run: Run) -> Iterator[Figure]:
    """Compare two servers that differ only in the throttles, each on a database of its own."""
    with ExitStack() as running:

        def start(name: str, settings: dict[str, str]) -> Server:
            database = new_database(run, name)
            return running.enter_context(
                site(run, database, core=run.server_core, settings=settings)
            )

        counting, uncounted = start("counting", {}), start("uncounted", UNCOUNTED)
        inside = {each: Visitor.signed_up(each).cookie for each in (counting, uncounted)}
        times = run.take_turns(counting=_sign_in(run, counting), uncounted=_sign_in(run, uncounted))
        yield Figure(
            measure="a sign-in with throttles ÷ without, 1 client, pinned: median",
            value=median_ratio(times["counting"], times["uncounted"]),
            unit=TIMES,
            under=1.10,
            note=f"{median(times['counting']):.1f} ÷ {median(times['uncounted']):.1f} ms",
        )
        rates = run.take_turns(
            counting=_dashboard(run, counting, inside[counting]),
            uncounted=_dashboard(run, uncounted, inside[uncounted]),
        )
        yield Figure(
            measure="dashboard with throttles ÷ without, 16 clients, pinned",
            value=median_ratio(rates["counting"], rates["uncounted"]),
            unit=TIMES,
            at_least=0.97,
            note=f"{median(rates['counting']):.0f} ÷ {median(rates['uncounted']):.0f} a second",
        )


def _sign_in(run: Run, server: Server) -> Callable[[], float]:
    return lambda: storm(server, 1, run.load_core, run.seconds).result().accepted_by_all().median


def _dashboard(run: Run, server: Server, cookie: str) -> Callable[[], float]:
    def measured() -> float:
        load = Load(
            server,
            "/dashboard",
            clients=16,
            core=run.load_core,
            seconds=run.seconds,
            headers={"Cookie": cookie},
        )
        return load.result().accepted_by_all().per_second

    return measured
