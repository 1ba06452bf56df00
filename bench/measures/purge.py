"""How pages and forms perform while a million expired sessions are deleted."""

import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

from bench.figures import TIMES, Figure
from bench.rows import add_sessions, count_sessions
from bench.run import Run
from bench.server import INI, ROOT, Server, environment, new_database, program, site
from bench.visitor import Visitor
from bench.wrk import Load, Result

READERS = 4
#: Seconds between two writes, and between two looks at the size of the write-ahead log.
_WRITE_EVERY, _LOOK_EVERY = 0.05, 0.02
#: Seconds of forms before the purge, and after it.
CALM = 10
_NUMBERS = count()


def measure(run: Run) -> Iterator[Figure]:
    """Run `authsite purge` while users load their dashboard and one changes a name."""
    number = run.rows(1_000_000)
    database = new_database(run, "purge")
    with site(run, database, core=run.server_core) as server:
        visitor = Visitor.signed_up(server)
        add_sessions(database, number, expire_in=timedelta(days=-90))
        writer = Writer(server, visitor)
        log = _LogWatch(Path(f"{database}-wal"))
        readers = Load(
            server,
            "/dashboard",
            clients=READERS,
            core=run.load_core,
            headers={"Cookie": visitor.cookie},
        )
        calm = forms_for(CALM, server, visitor)
        started = time.perf_counter()
        with writer, log:
            subprocess.run(
                [program("authsite"), "purge", str(INI)],
                check=True,
                cwd=ROOT,
                env=environment(database),
                stdout=subprocess.DEVNULL,
            )
        duration = time.perf_counter() - started
        calm += forms_for(CALM, server, visitor)
        read = readers.stop().accepted_by_all()
        left = count_sessions(database)
    during = f"purge of {number:,} sessions".replace(",", " ")
    yield from waits(during, writer, calm, read, purged=f"{duration:.0f} s and left {left}")
    yield Figure(
        measure=f"{during}: largest write-ahead log",
        value=log.largest / 1e6,
        unit="MB",
        under=100,
    )


def forms_for(seconds: float, server: Server, visitor: Visitor) -> list[float]:
    """Send forms for this time; return how long each took, in milliseconds."""
    writer = Writer(server, visitor)
    with writer:
        time.sleep(seconds)
    return writer.taken


def waits(
    during: str, writer: "Writer", calm: list[float], read: Result, *, purged: str
) -> Iterator[Figure]:
    """Yield how long forms and pages took; `purged` is what the purge took and left.

    `calm` are forms before and after the purge, beside the same load of pages.
    """
    yield Figure(
        measure=f"{during}: median of a form ÷ without a purge",
        value=statistics.median(writer.taken) / statistics.median(calm),
        unit=TIMES,
        note=f"the longest of {len(calm)} forms without a purge took {max(calm):.1f} ms",
    )
    yield Figure(
        measure=f"{during}: the longest that a form took",
        value=max(writer.taken),
        unit="ms",
        under=100,
        note=f"{len(writer.taken)} forms, median {statistics.median(writer.taken):.1f} ms; "
        f"the purge took {purged}",
    )
    yield Figure(
        measure=f"{during}: dashboard of {READERS} others, p99",
        value=read.p99,
        unit="ms",
        under=50,
        note=f"median {read.median:.1f} ms, longest {read.longest:.0f} ms",
    )


class Background(threading.Thread):
    """Calls `once` again and again while a `with` block runs."""

    def __init__(self, *, every: float) -> None:
        super().__init__()
        self._every = every
        self._ended = threading.Event()

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        while not self._ended.wait(self._every):
            self.once()

    def once(self) -> None:
        raise NotImplementedError


class Writer(Background):
    """Changes a name by a form; `taken` are the milliseconds from sending it to the answer.

    Each form has another name: the site would recognize one that it has answered.

    They include the page, the commit and other requests, not only the wait for the lock. The form
    computes no hash, which would take longer than the lock.
    """

    def __init__(self, server: Server, visitor: Visitor) -> None:
        super().__init__(every=_WRITE_EVERY)
        self._visitor = visitor
        self._server = server
        self._body = visitor.form("/account", first_name="Grace", last_name="Hopper")
        self.taken: list[float] = []

    def once(self) -> None:
        started = time.perf_counter()
        self._visitor.post("/account", f"{self._body}{next(_NUMBERS)}")
        self.taken.append((time.perf_counter() - started) * 1000)


class _LogWatch(Background):
    def __init__(self, path: Path) -> None:
        super().__init__(every=_LOOK_EVERY)
        self._path = path
        self.largest = 0

    def once(self) -> None:
        self.largest = max(self.largest, self._path.stat().st_size)
