"""`python -m bench.search URL`: the search over a million accounts, and what its index costs.

The database of the URL has to be empty, for example `sqlite:////tmp/search.sqlite`. Not a part of
`make bench`, which needs no PostgreSQL.
"""

import argparse
import ipaddress
import random
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from typing import Any

import alembic.command
import alembic.config
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.search_users import search_users
from authsite.db.engines import Database
from authsite.models import AuditEvent, User
from bench.server import ROOT

#: Before the index of the search, and with it.
_BEFORE, _WITH = "0010", "0011"
_SINGLE, _BATCH, _ROUNDS, _PAGE = 1000, 5000, 9, 25
#: Of the columns that both revisions have.
_INSERT = sa.insert(User.__table__)
_SYLLABLES = (
    *("ba", "ri", "no", "lo", "ve", "ka", "ter", "son", "mi", "el"),
    *("an", "jo", "hn", "ma", "tho", "gre", "li", "sa", "vic", "dor"),
)
#: A network with a tenth of all events.
_BUSY = "203.0.113.7"
_TEXTS = {
    "one account": "12345@",
    "a rare last name": "lovemithoka",
    "a part of last names": "thosa",
    "a part of many names": "son",
    "first name and last name": "jolo gresa",
    "a name and a domain of many": "grevic gmail.com",
    "a domain of many": "@gmail.com",
    "a part of a third of all email addresses": ".example",
    "two letters": "lo",
    "one letter": "m",
    "no account": "zzzzz",
    "two common words, few accounts with both": "0000 outlook",
    "an IP address": _BUSY,
    "an IPv4 /24": "203.0.113.0/24",
    "an IPv4 /8": "10.0.0.0/8",
    "an IPv6 /64": "2001:db8:7:7::/64",
    "an IPv6 /32": "2001:db8::/32",
}


def main() -> None:
    """Print a table of the times in milliseconds."""
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("url", type=sa.make_url)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    args = parser.parse_args()
    _migrate(args.url, _BEFORE)
    database = Database(args.url, pool_size=2, timeout=timedelta(minutes=10))
    _fill(database, args.accounts)
    print(f"{args.accounts} accounts and events on {args.url.get_backend_name()}")
    before = _time_sign_ups(database)
    started = time.perf_counter()
    _migrate(args.url, _WITH)
    print(f"migration: {time.perf_counter() - started:.0f} s")
    if not database.is_sqlite:
        with database.read_engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
    after = _time_sign_ups(database)
    print(f"a row of a user: {before:.2f} ms without the index, {after:.2f} ms with it (median)")
    for meaning, text in _TEXTS.items():
        _report(database, meaning, text)
    database.dispose()


def _migrate(url: sa.URL, revision: str) -> None:
    config = alembic.config.Config(ROOT / "testing.ini")
    config.attributes["configure_logging"] = False
    config.attributes["url"] = url
    alembic.command.upgrade(config, revision)


def _fill(database: Database, number: int) -> None:
    # Always the same data.
    draw = random.Random(1)
    names = [_name(draw) for _ in range(20_000)]
    events = sa.insert(AuditEvent.__table__)
    for start in range(0, number, _BATCH):
        users = [_user(draw, names, n) for n in range(start, min(start + _BATCH, number))]
        with database.write_engine.begin() as connection:
            connection.execute(_INSERT, users)
            connection.execute(events, [_event(draw, user["id"]) for user in users])


def _name(draw: random.Random) -> str:
    return "".join(draw.choices(_SYLLABLES, k=draw.choice((2, 3, 3, 4)))).capitalize()


def _user(draw: random.Random, names: list[str], number: int) -> dict[str, Any]:
    first, last = draw.choice(names[:800]), draw.choice(names)
    other = f"{draw.choice(names).lower()}.example"
    domain = draw.choice(("gmail.com", "gmail.com", "outlook.com", other, other))
    email = f"{first.lower()}.{last.lower()}{number}@{domain}"
    return {
        "id": secrets.token_urlsafe(12),
        "first_name": first,
        "last_name": last,
        "email": email,
        "email_normalized": email,
        "created_at": datetime.now(UTC),
    }


def _event(draw: random.Random, user_id: str) -> dict[str, Any]:
    address = draw.choice(
        (
            _BUSY,
            f"203.0.113.{draw.randrange(256)}",
            *[str(ipaddress.IPv4Address((10 << 24) + draw.getrandbits(24)))] * 4,
            *[str(ipaddress.IPv6Address((0x20010DB8 << 96) + draw.getrandbits(96)))] * 4,
        )
    )
    return {
        "id": secrets.token_urlsafe(12),
        "user_id": user_id,
        "occurred_at": datetime.now(UTC) - timedelta(seconds=draw.randrange(5_000_000)),
        "type": "signed_in",
        "actor": "user",
        "ip_address": address,
        "details": {},
    }


def _time_sign_ups(database: Database) -> float:
    """Return the median time of a transaction that writes a user, in milliseconds."""
    draw = random.Random()
    users = [_user(draw, [_name(draw)], secrets.randbits(60)) for _ in range(_SINGLE)]

    def write(user: dict[str, Any]) -> None:
        with database.write_engine.begin() as connection:
            connection.execute(_INSERT, user)

    return median(_milliseconds(partial(write, user)) for user in users)


def _report(database: Database, meaning: str, text: str) -> None:
    pages: list[Any] = []

    def search() -> None:
        with Session(database.engine) as dbsession:
            pages.append(search_users(dbsession, text, limit=_PAGE))

    def search_next() -> None:
        with Session(database.engine) as dbsession:
            search_users(dbsession, text, after=pages[-1].more, limit=_PAGE)

    times = sorted(_milliseconds(search) for _ in range(_ROUNDS))
    line = f"{meaning} ({text}): {len(pages[-1].found)} found, "
    line += f"median {median(times):.1f} ms, slowest {times[-1]:.1f} ms"
    if pages[-1].more:
        line += f", next page {_milliseconds(search_next):.1f} ms"
    print(line, flush=True)


def _milliseconds(call: Callable[[], None]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
