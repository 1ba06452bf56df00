"""All checks in their order, and how they are done: each to its end, or to the end of patience."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import NamedTuple

from authsite.checks.address import cookies, site_url
from authsite.checks.capacity import limits, threads
from authsite.checks.database import clock, database, migrations
from authsite.checks.debugging import debug, log
from authsite.checks.finding import Finding, Status, in_one_line, wrong
from authsite.checks.hashing import hash_cost, hash_memory, hash_time
from authsite.checks.ini import application, ini_file, settings, variables
from authsite.checks.mail import outbox, sender, server
from authsite.checks.measured import metrics
from authsite.checks.postgresql import connections, database_tls, rights, text_and_isolation
from authsite.checks.proxy import proxy
from authsite.checks.secrets import kept_secret, pepper, secret
from authsite.checks.servers import servers
from authsite.checks.setup import Setup
from authsite.checks.sources import struck_out
from authsite.checks.sqlite import database_file, local_disk, wal
from authsite.checks.sweeping import sweeping

#: Answers that a check may wait for, one after the other.
_ANSWERS = 3


class Check(NamedTuple):
    """What is looked at under this name, and which others have to be right before it can be."""

    name: str
    look: Callable[[Setup], Iterable[Finding]]
    needs: tuple[str, ...] = ("settings",)


CHECKS = (
    Check("ini file", ini_file, needs=()),
    Check("settings", settings, needs=("ini file",)),
    Check("variables", variables, needs=()),
    Check("application", application),
    Check("debug", debug, needs=("ini file",)),
    Check("log", log, needs=("ini file",)),
    Check("secret", secret),
    Check("kept secret", kept_secret, needs=("ini file",)),
    Check("pepper", pepper),
    Check("site url", site_url),
    Check("cookies", cookies),
    Check("servers", servers, needs=("ini file",)),
    Check("proxy", proxy, needs=("servers",)),
    Check("threads", threads, needs=("settings", "servers")),
    Check("limits", limits, needs=("servers",)),
    Check("metrics", metrics, needs=("settings", "servers")),
    Check("database", database, needs=("ini file",)),
    Check("local disk", local_disk, needs=("database",)),
    Check("database file", database_file, needs=("database",)),
    Check("wal", wal, needs=("database",)),
    Check("text and isolation", text_and_isolation, needs=("database",)),
    Check("connections", connections, needs=("settings", "database")),
    Check("database tls", database_tls, needs=("database",)),
    Check("migrations", migrations, needs=("database",)),
    Check("rights", rights, needs=("migrations",)),
    Check("clock", clock, needs=("database",)),
    Check("sweeping", sweeping, needs=("settings", "migrations")),
    Check("mail server", server),
    Check("sender", sender),
    Check("outbox", outbox, needs=("migrations",)),
    Check("hash cost", hash_cost),
    Check("hash time", hash_time),
    Check("hash memory", hash_memory),
)


def examine(setup: Setup, *, checks: Sequence[Check] = CHECKS) -> Iterator[Finding]:
    """Yield what each check finds; one that needs another that is wrong is skipped.

    Whatever happens in a check becomes a finding, and it is waited for a bounded time.
    """
    amiss: set[str] = set()
    for check in checks:
        missing = [need for need in check.needs if need in amiss]
        if missing:
            amiss.add(check.name)
            yield Finding(
                Status.SKIPPED, f"could not be looked at, because of: {missing[0]}", "", check.name
            )
            continue
        for found in _found(check, setup):
            if found.status is Status.WRONG:
                amiss.add(check.name)
            seen, mend = (struck_out(text, setup=setup) for text in (found.seen, found.mend))
            yield Finding(found.status, seen, mend, check.name)


def _found(check: Check, setup: Setup) -> list[Finding]:
    """Look on a thread, which is left alone if it never ends: a name server may be silent too."""
    seconds = _ANSWERS * setup.patience
    result: Future[list[Finding]] = Future()

    def look() -> None:
        try:
            result.set_result(list(check.look(setup)))
        except Exception as error:
            result.set_exception(error)

    threading.Thread(target=look, name=f"check {check.name}", daemon=True).start()
    try:
        return result.result(seconds)
    except TimeoutError:
        return [wrong(f"no answer within {seconds:g} s", "see that what it asks can be reached")]
    except Exception as error:
        why = f"{type(error).__name__}: {in_one_line(error)}"
        return [wrong(f"it could not be found out: {why}", "mend that, or report it as a mistake")]
