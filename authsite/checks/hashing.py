"""Whether a hash costs whoever steals it enough, and whoever signs in not too much."""

import os
import time
from collections.abc import Callable, Iterator

from argon2.exceptions import HashingError

from authsite.checks.finding import Finding, doubtful, fine, wrong
from authsite.checks.servers import server_names
from authsite.checks.setup import Setup
from authsite.passwords.calibration import LEAST
from authsite.settings.schema import PasswordSettings

#: Seconds that somebody who signs in does not notice, when nobody else does.
_SLOW = 1.0
_MIB = 1024
_CALIBRATE = "take what `authsite calibrate` proposes"


def hash_cost(setup: Setup) -> Iterator[Finding]:
    """It is at least what OWASP takes for the least."""
    passwords = setup.settings.passwords
    seen = f"m={passwords.memory_cost}, t={passwords.time_cost}, p={passwords.parallelism}"
    if any(
        passwords.memory_cost >= least.memory and passwords.time_cost >= least.passes
        for least in LEAST
    ):
        yield fine(f"{seen} is at least what OWASP asks for")
    else:
        yield wrong(
            f"{seen} is less than OWASP's m=19456, t=2: hashes are cheap to guess at", _CALIBRATE
        )


def one_hash(setup: Setup) -> float:
    """Return how many seconds one hash takes here, with the settings of the site."""
    begun = time.perf_counter()
    setup.services.hasher.hash("the time that this takes")
    return time.perf_counter() - begun


def hash_time(setup: Setup, *, measure: Callable[[Setup], float] = one_hash) -> Iterator[Finding]:
    """One takes less than a second here."""
    try:
        seconds = measure(setup)
    except HashingError as error:
        yield wrong(f"this machine cannot compute one: {error}", _CALIBRATE)
        return
    seen = f"one takes {seconds * 1000:.0f} ms here"
    if seconds > _SLOW:
        yield doubtful(f"{seen}, and so long at least each sign-in", _CALIBRATE)
    else:
        yield fine(seen)


def hash_memory(setup: Setup) -> Iterator[Finding]:
    """All that are computed at once take less than half of this machine's memory."""
    has = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MIB
    passwords: PasswordSettings = setup.settings.passwords
    at_once = (passwords.hash_threads or os.cpu_count() or 1) * max(1, len(server_names(setup)))
    wants = at_once * passwords.memory_cost
    seen = f"{at_once} hashes at once take {wants // _MIB} of {has // _MIB} MiB"
    if wants > has // 2:
        yield doubtful(seen, f"lower authsite.passwords.hash_threads, or {_CALIBRATE}")
    else:
        yield fine(seen)
