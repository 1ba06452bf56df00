"""Connections to PostgreSQL by the URLs of docs/postgresql.md."""

import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import trustme

from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.settings.database_urls import database_url
from tests.unit.doctor.tcp_proxy import a_tcp_proxy_to


@pytest.fixture
def connect() -> Callable[[str], None]:
    """Return a function that runs a statement on each engine of a URL."""

    def run(url: str) -> None:
        database = Database(database_url(url), pool_size=1, timeout=timedelta(seconds=2))
        try:
            for engine in (database.engine, database.read_engine):
                with engine.connect() as connection:
                    assert connection.scalar(sa.select(1)) == 1
        finally:
            database.dispose()

    return run


@pytest.fixture
def url(postgresql) -> sa.URL:
    """The URL of a database, by the folder of its socket."""
    return sa.make_url(postgresql.new_database())


def test_socket_is_named_as_a_host_or_in_the_query(connect, url):
    folder = str(url.query["host"])
    connect(f"postgres://postgres@/{url.database}?host={folder}")
    connect(f"postgresql://postgres@{folder.replace('/', '%2F')}/{url.database}")


def test_host_that_accepts_writes_is_found_among_several(connect, url, tmp_path):
    several = f"postgresql://postgres@/{url.database}?host={tmp_path},{url.query['host']}"
    connect(f"{several}&target_session_attrs=read-write")
    with pytest.raises(DATABASE_UNAVAILABLE):
        connect(f"{several}&target_session_attrs=standby")


def test_certificates_are_verified_on_both_sides(connect, url, tmp_path: Path):
    ours, theirs = trustme.CA(), trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.issue_cert("db.example.com").configure_cert(context)
    ours.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    theirs.cert_pem.write_to_path(tmp_path / "authority.pem")
    own = ours.issue_cert("authsite.example.com")
    own.cert_chain_pems[0].write_to_path(tmp_path / "own.pem")
    own.private_key_pem.write_to_path(tmp_path / "own.key")
    (tmp_path / "own.key").chmod(0o600)
    with a_tcp_proxy_to(url.render_as_string(), tls=context) as port:
        target = f"{port}/{url.database}?hostaddr=127.0.0.1&sslmode=verify-full"
        verified = f"{target}&sslrootcert={tmp_path}/authority.pem"
        own_key = f"&sslcert={tmp_path}/own.pem&sslkey={tmp_path}/own.key"
        connect(f"postgresql://postgres@db.example.com:{verified}{own_key}")
        for refused in (
            f"db.example.com:{verified}",
            f"other.example.com:{verified}{own_key}",
            f"db.example.com:{target}{own_key}&sslrootcert={tmp_path}/own.pem",
        ):
            with pytest.raises(DATABASE_UNAVAILABLE):
                connect(f"postgresql://postgres@{refused}")
