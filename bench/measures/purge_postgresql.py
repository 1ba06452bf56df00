"""The purge on PostgreSQL, of a million sessions and as many events, partitioned or not."""

import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta

import psycopg

from authsite.clock import utc_now
from bench.figures import Figure
from bench.measures.purge import CALM, READERS, Writer, forms_for, waits
from bench.postgresql import a_database, add_events, add_sessions, add_users
from bench.run import Run
from bench.server import INI, ROOT, environment, program, site
from bench.visitor import Visitor
from bench.wrk import Load
from tests.partitions import partition

_USERS = 10_000


def measure(run: Run) -> Iterator[Figure]:
    """Run `authsite purge` while users load their dashboard and one changes a name."""
    number = run.rows(1_000_000)
    for tables, prepare in (("plain tables", None), ("partitions", partition)):
        with a_database() as url:
            if prepare:
                prepare(url)
            yield from _measure_on(run, url, number=number, tables=tables)


def _measure_on(run: Run, url: str, *, number: int, tables: str) -> Iterator[Figure]:
    settings = {"DATABASE_URL": url}
    add_users(url, _USERS)
    with site(run, run.folder / "none", core=run.server_core, settings=settings) as server:
        visitor = Visitor(server)
        visitor.sign_up()
        # The end of each session is an event of the history, and these are recent enough for it.
        expired, old = utc_now() - timedelta(days=1), utc_now() - timedelta(days=91)
        add_sessions(url, number, users=_USERS, expires=str(expired))
        add_events(url, number, users=_USERS, until=str(old))
        writer = Writer(server, visitor)
        readers = Load(
            server,
            "/dashboard",
            clients=READERS,
            core=run.load_core,
            headers={"Cookie": visitor.cookie},
        )
        calm = forms_for(CALM, server, visitor)
        started = time.perf_counter()
        with writer:
            subprocess.run(
                [program("authsite"), "purge", str(INI)],
                check=True,
                cwd=ROOT,
                env=environment(run.folder / "none") | settings,
                stdout=subprocess.DEVNULL,
            )
        duration = time.perf_counter() - started
        calm += forms_for(CALM, server, visitor)
        read = readers.stop().accepted_by_all()
    with psycopg.connect(url) as connection:
        left = connection.execute("SELECT count(*) FROM authsite_session").fetchone()
    during = f"purge of {number:,} sessions and events on {tables} of PostgreSQL".replace(",", " ")
    purged = f"{duration:.0f} s and left {left and left[0]}"
    yield from waits(during, writer, calm, read, purged=purged)
