"""Sources that are locked, silent or endless end the import with an error."""

import os
import socket
import sqlite3
import sys
import threading
from collections import deque
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from authsite.importing.delimited import read_csv
from authsite.importing.errors import UnusableSource
from authsite.importing.import_users import BATCH, MAX_REJECTIONS, import_users
from authsite.importing.imported_user import Rejection, RejectionReason
from authsite.importing.lines import open_lines
from authsite.importing.reader import Reader
from authsite.importing.source import ImportOptions
from authsite.importing.systems import SYSTEMS
from authsite.importing.tables import open_table
from authsite.passwords.legacy_hashes.formats import tag_raw
from tests import former_sites
from tests.factories import NOW
from tests.unit.importing.test_import_users import some_users

TIMEOUT = 0.2
LATE = r"can't read the source: no answer within 0\.2 seconds"


def read_table(place: str, **options) -> list:
    system = SYSTEMS["devise"]
    reader, chosen = Reader("old", tag_raw, NOW), ImportOptions(timeout=TIMEOUT, **options)
    with open_table(place, system, reader, chosen) as source:
        return list(source.users)


def read_lines(place: str) -> list:
    reader = Reader("old", tag_raw, NOW)
    with open_lines(place, read_csv, reader, ImportOptions(timeout=TIMEOUT)) as source:
        return list(source.users)


@pytest.fixture
def devise(tmp_path: Path) -> str:
    return former_sites.a_former_site(tmp_path / "dev.sqlite3", former_sites.DEVISE)


def test_locked_file_is_reported(devise):
    with closing(sqlite3.connect(devise, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UnusableSource, match=f"{LATE} \\(database is locked\\)"):
            read_table(devise)


def test_endless_view_is_reported(devise):
    with closing(sqlite3.connect(devise)) as connection, connection:
        connection.execute(
            """CREATE VIEW "endless" AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1
            FROM n) SELECT id, 'a@example.com' AS email, '' AS password FROM n"""
        )
    with pytest.raises(UnusableSource, match=f"{LATE} \\(interrupted\\)"):
        read_table(devise, table="endless")


def test_locked_table_of_postgresql_is_reported(postgresql):
    url = postgresql.new_database()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE users (id integer, email text, password text)")
        connection.exec_driver_sql("INSERT INTO users VALUES (1, 'ada@example.com', '')")
    assert len(read_table(url)) == 1
    with engine.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(UnusableSource, match=rf"{LATE} \(canceling statement"):
            read_table(url)
    engine.dispose()


@pytest.mark.parametrize("query", ["", "?connect_timeout=2"])
def test_server_that_never_answers_is_reported(query):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(UnusableSource, match=LATE):
            read_table(f"postgresql://reader@127.0.0.1:{port}/old{query}")


def test_server_that_falls_silent_is_reported():
    """It accepts the connection, and answers nothing after that."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            client, _ = server.accept()
            with client:
                client.settimeout(20)
                client.recv(1000)
                # AuthenticationOk and ReadyForQuery.
                client.sendall(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I")
                while client.recv(1000):
                    pass

        accepting = threading.Thread(target=accept)
        accepting.start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(UnusableSource, match=LATE):
            read_table(f"postgresql://reader@{address}/old?sslmode=disable&gssencmode=disable")
        accepting.join()


def test_silent_pipe_is_reported(tmp_path):
    """Nothing writes into it, or what writes has stopped."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UnusableSource, match=r"nothing has arrived for 0\.2 seconds"):
        read_lines(str(pipe))
    writing = os.open(pipe, os.O_RDWR)
    os.write(writing, b"email,hash\na@example.com,\nb@exam")
    with pytest.raises(UnusableSource, match=r"nothing has arrived for 0\.2 seconds"):
        read_lines(str(pipe))
    os.close(writing)


def test_silent_standard_input_is_reported(monkeypatch):
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(UnusableSource, match="nothing has arrived"):
            read_lines("-")
    os.close(writing)


def test_endless_device_is_reported():
    with pytest.raises(UnusableSource, match="this is not UTF-8"):
        read_lines("/dev/zero")


def test_endless_rejections_end_the_import(services):
    begin = services.database.write_engine.begin
    unreadable = Rejection("line 2", "", RejectionReason.UNREADABLE)
    endless = iter(lambda: unreadable, None)
    with pytest.raises(UnusableSource, match=f"{MAX_REJECTIONS} users in a row were rejected"):
        deque(import_users(begin, endless, now=NOW), maxlen=0)


def test_endless_repetition_ends_the_import(services):
    begin = services.database.write_engine.begin
    [user] = some_users(1)
    with pytest.raises(UnusableSource, match=f"{BATCH} users in a row have the same id"):
        list(import_users(begin, iter(lambda: user, None), now=NOW))
