"""The footprint of the site: time to start, memory, and bytes of each page."""

import http
import re
from collections.abc import Iterator
from statistics import median

from bench.figures import Figure
from bench.machine import highest_megabytes, resident_megabytes
from bench.measures.sign_ins import settle, storm
from bench.run import Run
from bench.server import Server, new_database, site
from bench.visitor import Visitor

_ANONYMOUS_PAGES = ("/", "/sign-up", "/sign-in", "/no-such-page")
_SIGNED_IN_PAGES = ("/", "/dashboard", "/account", "/sign-out", "/no-such-page")


def measure(run: Run) -> Iterator[Figure]:
    """Start the site several times; measure its memory around storms of sign-ins, and its pages."""
    database = new_database(run, "footprint")
    starts, idle, after, highest = [], [], [], []
    for _ in range(run.rounds):
        with site(run, database, core=None) as server:
            starts.append(server.seconds_to_first_answer)
            idle.append(resident_megabytes(server.pid))
    with site(run, database, core=None) as server:
        visitor = Visitor.signed_up(server)
        sizes = _sizes(server, visitor)
        for clients in (16, 64):
            storm(server, clients, None, 2 * run.seconds).result()
            settle(server)
            after.append(resident_megabytes(server.pid))
        highest.append(highest_megabytes(server.pid))
    yield Figure(
        measure="start to first answer",
        value=median(starts),
        unit="s",
        under=1,
        note=f"slowest {max(starts):.2f} s",
    )
    yield Figure(measure="memory, idle", value=median(idle), unit="MB", under=80)
    yield Figure(
        measure="memory after storms of sign-ins by 16 and 64 clients",
        value=max(after),
        unit="MB",
        under=160,
        note=f"at most {max(highest):.0f} MB while they lasted",
    )
    largest = max(sizes, key=sizes.__getitem__)
    yield Figure(
        measure="largest page, style sheet included",
        value=sizes[largest] / 1000,
        unit="KB",
        under=20,
        note=f"{largest}; smallest {min(sizes.values()) / 1000:.1f} KB; nothing compressed",
    )


def _sizes(server: Server, visitor: Visitor) -> dict[str, int]:
    anonymous, sizes = Visitor(server), {}
    for label, browser, paths in (
        ("visitors", anonymous, _ANONYMOUS_PAGES),
        ("signed-in users", visitor, _SIGNED_IN_PAGES),
    ):
        for path in paths:
            page = browser.get(path).body
            styles = browser.get(re.findall(r'href="([^"]+\.css[^"]*)"', page.decode())[0])
            if styles.status != http.HTTPStatus.OK:
                raise RuntimeError("the style sheet is not there")
            sizes[f"{path} for {label}"] = len(page) + len(styles.body)
    return sizes
