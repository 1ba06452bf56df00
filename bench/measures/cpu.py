"""How much CPU time a request takes in process, without a server and its threads."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median

from argon2 import PasswordHasher

from bench.figures import TIMES, Figure
from bench.in_process import Browser, bare, site
from bench.rows import (
    add_sessions,
    delete_newest_session,
    forget_notices,
    password_hash,
    verify_emails,
)
from bench.run import Run, median_ratio
from bench.server import new_database
from bench.visitor import EMAIL, PASSWORD

#: Calls of a page in one turn, and sign-ins. A turn is short: many of them are steadier.
_PAGES, _SIGN_INS = 40, 3
#: Turns for each round that the run gives to a load of some seconds.
_TURNS = 8
#: Sessions at which each sign-in ends another one.
_LIMIT = 500


def measure(run: Run) -> Iterator[Figure]:
    """Compare pages with a bare view, and sign-ins with the hash that each of them verifies."""
    database = new_database(run, "cpu")
    with site(database) as app:
        owner = Browser(app)
        owner.sign_up()
        verify_emails(database)
        yardstick, hasher, stored = Browser(bare()), PasswordHasher(), password_hash(database)
        sign_in_known = _sign_ins(database, Browser(app, _device_of(owner)))
        taken = replace(run, rounds=run.rounds * _TURNS).take_turns(
            bare=lambda: page_milliseconds(yardstick, "/"),
            dashboard=lambda: page_milliseconds(owner, "/dashboard"),
            account=lambda: page_milliseconds(owner, "/account"),
            hash=lambda: _hash(hasher, stored),
            known=sign_in_known,
            new=_sign_ins(database, Browser(app)),
        )
        add_sessions(database, _LIMIT, expire_in=timedelta(days=1))
        at_limit = replace(run, rounds=run.rounds * _TURNS // 4).take_turns(
            hash=lambda: _hash(hasher, stored), limit=sign_in_known
        )
    yield _ratio("the dashboard ÷ a bare view", taken["dashboard"], taken["bare"])
    yield _ratio("/account ÷ the dashboard", taken["account"], taken["dashboard"], under=5)
    for name, device, ratio, milliseconds in (
        ("known", "from a known device", 1.2, 8),
        ("new", "from a new device, with its email", 1.3, 12),
    ):
        yield _ratio(f"a sign-in {device} ÷ its hash", taken[name], taken["hash"], under=ratio)
        yield _beyond(f"a sign-in {device}", taken[name], taken["hash"], under=milliseconds)
    yield _beyond(
        "a sign-in from a known device that ends the oldest of 500 sessions",
        at_limit["limit"],
        at_limit["hash"],
    )


def _ratio(
    what: str, dividends: list[float], divisors: list[float], *, under: float | None = None
) -> Figure:
    return Figure(
        measure=f"CPU time of {what}",
        value=median_ratio(dividends, divisors),
        unit=TIMES,
        under=under,
        note=f"{median(dividends):.3g} ÷ {median(divisors):.3g} ms",
    )


def _beyond(
    what: str, whole: list[float], hashes: list[float], *, under: float | None = None
) -> Figure:
    differences = [one - other for one, other in zip(whole, hashes, strict=True)]
    return Figure(
        measure=f"CPU time of {what}, beyond its hash",
        value=median(differences),
        unit="ms",
        under=under,
    )


def page_milliseconds(browser: Browser, path: str) -> float:
    """Return the median CPU time of a page, in milliseconds."""
    return median(_milliseconds(browser, lambda: browser.get(path)) for _ in range(_PAGES))


def _hash(hasher: PasswordHasher, stored: str) -> float:
    """Return the median CPU time of verifying the password, in milliseconds."""
    times = []
    for _ in range(_SIGN_INS):
        started = time.process_time()
        hasher.verify(stored, PASSWORD)
        times.append((time.process_time() - started) * 1000)
    return median(times)


def _sign_ins(database: Path, browser: Browser) -> Callable[[], float]:
    """Return what signs in some times and returns the median CPU time, in milliseconds.

    Each form is another one, or the site would recognize it and answer it without a hash.
    """
    body = browser.form("/sign-in", email=EMAIL, password=PASSWORD, next="/")
    numbers = count()

    def sign_in() -> float:
        forget_notices(database)
        visitor = browser.copy()
        visitor.post("/sign-in", b"%s%d" % (body, next(numbers)))
        delete_newest_session(database)
        return visitor.seconds * 1000

    return lambda: median(sign_in() for _ in range(_SIGN_INS))


def _milliseconds(browser: Browser, call: Callable[[], object]) -> float:
    call()
    return browser.seconds * 1000


def _device_of(browser: Browser) -> dict[str, str]:
    return {name: value for name, value in browser.cookies.items() if name.endswith("device")}
