"""Pages per second, compared with a page that does nothing."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median

from bench.figures import TIMES, Figure
from bench.run import Run, median_ratio
from bench.server import Server, bare, new_database, site
from bench.visitor import Visitor
from bench.wrk import Load

#: By number of clients, the share of the yardstick that each page should reach.
_WANTED = {1: {"dashboard": 0.50, "home": 0.55}, 16: {"dashboard": 0.40, "home": 0.45}}


def measure(run: Run) -> Iterator[Figure]:
    """Compare the dashboard of a signed-in user and the public home page with the yardstick."""
    database = new_database(run, "pages")
    with ExitStack() as running:
        yardstick = running.enter_context(bare(run, core=run.server_core))
        server = running.enter_context(site(run, database, core=run.server_core))
        cookie = {"Cookie": Visitor.signed_up(server).cookie}
        for clients, wanted in _WANTED.items():
            rates = run.take_turns(
                bare=_rate(run, yardstick, "/", clients, {}),
                home=_rate(run, server, "/", clients, {}),
                dashboard=_rate(run, server, "/dashboard", clients, cookie),
            )
            for page, share in wanted.items():
                yield Figure(
                    measure=f"{page} ÷ bare, {clients} client{'s' * (clients > 1)}, pinned",
                    value=median_ratio(rates[page], rates["bare"]),
                    unit=TIMES,
                    at_least=share,
                    note=f"{median(rates[page]):.0f} ÷ {median(rates['bare']):.0f} a second",
                )


def _rate(
    run: Run, server: Server, path: str, clients: int, headers: dict[str, str]
) -> Callable[[], float]:
    def measured() -> float:
        load = Load(
            server, path, clients=clients, core=run.load_core, seconds=run.seconds, headers=headers
        )
        return load.result().accepted_by_all().per_second

    return measured
