"""Whether a page takes longer with a million sessions."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from statistics import median

from bench.figures import TIMES, Figure
from bench.rows import add_sessions, take_over_sessions
from bench.run import Run
from bench.server import Server, new_database, site
from bench.visitor import Visitor
from bench.wrk import Load

#: Browsers that take turns, so that not a single row is cached.
_BROWSERS = 1000


def measure(run: Run) -> Iterator[Figure]:
    """Compare the dashboard's medians over tables of a thousand, 10^5 and 10^6 sessions."""
    with ExitStack() as running:
        loads: dict[str, Callable[[], float]] = {}
        for number in (1_000, run.rows(100_000), run.rows(1_000_000)):
            server, cookies = _site_with(run, number, running)
            loads[f"{number:,}".replace(",", " ")] = _load(run, server, cookies)
        medians = {rows: median(values) for rows, values in run.take_turns(**loads).items()}
    shown = ", ".join(f"{value:.2f} ms with {rows}" for rows, value in medians.items())
    yield Figure(
        measure="dashboard's slowest ÷ fastest median, 10³ to 10⁶ sessions, pinned",
        value=max(medians.values()) / min(medians.values()),
        unit=TIMES,
        under=1.2,
        note=shown,
    )


def _load(run: Run, server: Server, cookies: str) -> Callable[[], float]:
    def median_of_one_client() -> float:
        load = Load(
            server,
            "/dashboard",
            clients=1,
            core=run.load_core,
            seconds=run.seconds,
            cookies=run.folder / cookies,
        )
        return load.result().accepted_by_all().median

    return median_of_one_client


def _site_with(run: Run, number: int, running: ExitStack) -> tuple[Server, str]:
    name = f"look-up-{number}"
    database = new_database(run, name)
    server = running.enter_context(site(run, database, core=run.server_core))
    own = Visitor.signed_up(server).cookie.partition("=")[0]
    add_sessions(database, number, expire_in=timedelta(days=1))
    tokens = take_over_sessions(database, _BROWSERS)
    cookies = run.folder / f"{name}.cookies"
    cookies.write_text("".join(f"{own}={token}\n" for token in tokens))
    return server, cookies.name
