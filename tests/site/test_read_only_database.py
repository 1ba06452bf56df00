"""A database that only reads: forms get a 503, pages load, and both recover by themselves."""

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from pyramid.response import Response

from authsite.clock import utc_now
from authsite.models import UserSession
from authsite.resources import Root
from authsite.services import services_of
from tests.conftest import MEMORY
from tests.site.wsgi_requests import heading_of, is_page, send_request
from tests.unit.doctor.unprivileged import as_unprivileged

#: Errors of a database that is away, by SQLSTATE: read-only, an ended transaction, a conflict with
#: recovery or another transaction, a full disk, too many connections, a shutdown, a crash, a start,
#: a broken connection.
AWAY = ["25006", "25P03", "25P04", "40001", "53100", "53300", "57P01", "57P02", "57P03", "08006"]


class PostgresqlThatOnlyReads:
    """The database of the tests, whose new sessions may be read-only, as after a demotion."""

    def __init__(self, url):
        self.url = url
        self._name = sa.make_url(url).database
        self._other = (
            sa.make_url(url)
            .set(database="postgres", drivername="postgresql")
            .render_as_string(hide_password=False)
        )

    def only_read(self):
        self._alter("SET default_transaction_read_only = on")

    def write(self):
        self._alter("RESET default_transaction_read_only")

    def _alter(self, change):
        with psycopg.connect(self._other, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {self._name} {change}")
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [self._name],
            )


class FileThatOnlyReads:
    """A file of SQLite that its owner may write to, or not."""

    def __init__(self, folder):
        folder.chmod(0o777)
        self._file = folder / "site.sqlite"
        self.url = f"sqlite:///{self._file}"

    def only_read(self):
        self._file.chmod(0o400)

    def write(self):
        for each in self._file.parent.iterdir():  # the files of WAL have the mode of the file
            each.chmod(0o600)


@contextmanager
def on_sqlite(migrate):
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        file = FileThatOnlyReads(Path(folder))
        migrate(file.url)
        path = Path(folder, "site.sqlite")
        path.chmod(0o644)
        with as_unprivileged():  # root may write to every file
            shutil.copy(path, path.with_suffix(".copy")).replace(path)
            yield file


@contextmanager
def on_postgresql(database_url):
    database = PostgresqlThatOnlyReads(database_url)
    yield database
    database.write()


@pytest.fixture
def database(database_url, services, migrate):
    """A database that can become read-only."""
    is_sqlite = services.database.is_sqlite
    with on_sqlite(migrate) if is_sqlite else on_postgresql(database_url) as database:
        yield database


@pytest.mark.asvs("16.5.2", "16.5.3")
def test_database_that_only_reads_is_a_503_until_it_writes(
    database, new_application, visit, caplog
):
    application = new_application(**{"sqlalchemy.url": database.url})
    services = services_of(application.registry)
    browser, other = visit(application), visit(application)
    browser.sign_up()
    with services.database.write_engine.begin() as connection:
        long_ago = utc_now() - services.settings.session.refresh_interval
        connection.execute(sa.update(UserSession).values(last_seen_at=long_ago))
    assert send_request(application, "/readyz").text == "ready\n"
    services.database.drop_connections()

    database.only_read()
    for _ in range(2):
        answer = other.sign_in()
        assert is_page(answer, 503, "We'll be right back")
        assert int(answer.headers["Retry-After"]) > 0
        assert browser.get("/dashboard", status=200)  # and its session is due to be refreshed
    ready = send_request(application, "/readyz")
    assert (ready.status_int, ready.text) == (503, "read-only\n")
    events = [each.event for each in caplog.records if hasattr(each, "event")]
    assert sorted(events) == [
        "sys_database_unavailable",
        "sys_not_ready",
        "sys_session_refresh_failed",
    ]

    database.write()
    assert send_request(application, "/readyz").text == "ready\n"
    assert other.sign_in().status_int == 303
    assert browser.is_signed_in


@pytest.fixture
def form_at(new_application, visit):
    """Return a function that lets a form on the database at a URL execute these statements."""

    def execute(request):
        for statement in request.POST.getall("statement"):
            request.authsite.dbsession.execute(sa.text(statement))
        return Response("done")

    def add(config):
        config.add_view(execute, context=Root, name="x", permission="public", require_csrf=False)

    def at(url):
        app = visit(new_application(add, **{"sqlalchemy.url": url})).app
        return lambda *statements: app.post(
            "/x", [("statement", each) for each in statements], expect_errors=True
        )

    return at


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_errors_of_a_database_that_is_away_are_503(database_url, form_at):
    post = form_at(database_url)
    for state in AWAY:
        answer = post(f"DO $$ BEGIN RAISE EXCEPTION 'away' USING ERRCODE = '{state}'; END $$")
        assert is_page(answer, 503, "We'll be right back"), state
    answer = post("DO $$ BEGIN RAISE EXCEPTION 'a defect' USING ERRCODE = '22012'; END $$")
    assert heading_of(answer) == "Something went wrong on our side"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_full_disk_is_a_503_until_there_is_room(form_at, tmp_path, migrate):
    """SQLite's limit of pages stands for the disk; its error is the same."""
    url = f"sqlite:///{tmp_path}/site.sqlite"
    migrate(url)
    post = form_at(url)
    write = "INSERT INTO authsite_throttle SELECT zeroblob(100000), 1, 1, 1, 1"
    answer = post("PRAGMA max_page_count = 1", write)  # or as many pages as there are
    assert is_page(answer, 503, "We'll be right back")
    assert post("PRAGMA max_page_count = 1000000", write).text == "done"
