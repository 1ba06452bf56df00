"""The URL of the database: its forms, and what is refused with a remedy."""

import re
import sys

import psycopg
import pytest

from authsite.db.postgresql import conninfo, libpq_parameters
from authsite.settings.database_urls import database_url
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("value", "backend"),
    [
        ("sqlite:////srv/authsite.sqlite", "sqlite"),
        ("sqlite:///authsite.sqlite\n", "sqlite"),
        ("postgresql://ada:secret@db.example/authsite", "postgresql"),
        ("postgresql+psycopg:///authsite?host=/run", "postgresql"),
    ],
)
def test_database_is_a_sqlite_file_or_postgresql(value, backend):
    assert database_url(value).get_backend_name() == backend


@pytest.mark.parametrize("value", ["", "nonsense", "mysql://db/authsite", "oracle://db", "://"])
def test_other_database_is_refused(value):
    with pytest.raises(ValueError, match="SQLite or PostgreSQL"):
        database_url(value)


@pytest.mark.parametrize(
    "value",
    ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///file::memory:?uri=true"],
)
def test_sqlite_in_memory_is_refused(value):
    """Each connection would have its own database, without tables."""
    with pytest.raises(ValueError, match="must name a file"):
        database_url(value)


@pytest.mark.parametrize(
    "value",
    ["postgresql://ada:hush@hush:hush@db/x", "postgresql://db:hush/x", "hush://ada:hush@hush"],
)
def test_malformed_database_url_is_not_repeated(value):
    """It contains a password, and the message is logged."""
    with pytest.raises(ValueError, match="SQLite or PostgreSQL") as refusal:
        database_url(value)
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "parameters"),
    [
        ("postgres://ada@db/site", {"host": "db", "user": "ada", "dbname": "site"}),
        ("postgresql+psycopg2://db:6432/site", {"host": "db", "port": "6432", "dbname": "site"}),
        ("postgresql:///site", {"dbname": "site"}),
        ("postgresql:///site?host=/run/pg", {"host": "/run/pg", "dbname": "site"}),
        (
            "postgres://ada@%2Frun%2Fpg:6432/site",
            {"host": "/run/pg", "port": "6432", "user": "ada", "dbname": "site"},
        ),
        (
            "postgresql://ada:a,%40b@one:5433,two/site?target_session_attrs=read-write",
            {
                "host": "one,two",
                "port": "5433,",
                "user": "ada",
                "password": "a,@b",
                "dbname": "site",
                "target_session_attrs": "read-write",
            },
        ),
        (
            "postgresql://[::1]:5433,[2001:db8::1]:5434/site",
            {"host": "::1,2001:db8::1", "port": "5433,5434", "dbname": "site"},
        ),
        (
            "postgresql:///site?host=one:5433&host=two:5434",
            {"host": "one,two", "port": "5433,5434", "dbname": "site"},
        ),
        (
            "postgresql://db/site?sslmode=verify-full&sslrootcert=/etc/db.pem&sslcert=/a&sslkey=/b",
            {
                "host": "db",
                "dbname": "site",
                "sslmode": "verify-full",
                "sslrootcert": "/etc/db.pem",
                "sslcert": "/a",
                "sslkey": "/b",
            },
        ),
        ("postgres:///site?application_name=a%20b", {"dbname": "site", "application_name": "a b"}),
    ],
)
def test_forms_of_postgresql_mean_what_libpq_understands(value, parameters):
    found = libpq_parameters(database_url(value))
    assert found == parameters
    assert psycopg.conninfo.conninfo_to_dict(conninfo(found)) == parameters


def test_urls_of_the_docs_are_accepted():
    page = (ROOT / "docs" / "postgresql.md").read_text("utf-8")
    urls = re.findall(r"^\| `(\S+://\S+)` \| ", page, re.MULTILINE)
    assert len(urls) > 5
    for url in urls:
        assert libpq_parameters(database_url(url))["dbname"] == "authsite"


@pytest.mark.parametrize("value", ["", "two words", "it's", "back\\slash", "a='b'"])
def test_connection_string_keeps_every_value(value):
    assert psycopg.conninfo.conninfo_to_dict(conninfo({"password": value}))["password"] == value


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ("postgresql://db/site?sslmod=require", r"number 1 is unknown: did you mean sslmode\?"),
        ("postgresql://db/site?sslmode=require&hush=hush", "number 2 is unknown: remove it"),
        ("postgresql://db/site?prepare_threshold=0", "is unknown"),
        ("postgresql://db/site?sslmode=on", "as sslmode: disable, allow, prefer, require, verify"),
        ("postgresql://db/site?target_session_attrs=rw", "as target_session_attrs: any, read-"),
        ("postgresql://db/site?sslmode=require&sslmode=allow", "must have each parameter once"),
        ("postgresql://db/site?user=ada&password=hush", "must have user, password and database"),
        ("postgresql://a,b,c/site?port=1,2", "must have as many ports as hosts"),
        ("postgresql:///site?host=a,b&port=1,2,3", "must have as many ports as hosts"),
        ("postgresql:///site?host=a&port=x", "must have as many ports as hosts"),
        ("postgresql://a:x,b:1/site", "must be a URL of SQLite or PostgreSQL"),
        ("postgresql://a:x/site", "must be a URL of SQLite or PostgreSQL"),
        ("postgresql://ada:hu@sh@db/site", "write @ as %40"),
    ],
)
def test_refused_parameter_comes_with_its_remedy(value, remedy):
    with pytest.raises(ValueError, match=remedy) as refusal:
        database_url(value)
    assert "hush" not in str(refusal.value)


def test_parameters_are_not_checked_without_the_driver(monkeypatch):
    """Without it the site does not start, and the doctor says which package is missing."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert database_url("postgresql://db/site?sslmod=x").query == {"sslmod": "x"}
