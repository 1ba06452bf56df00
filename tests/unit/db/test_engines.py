"""The engines: transactions, rollbacks and settings of both databases."""

from contextlib import closing
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pyramid_tm import is_tm_active
from transaction import TransactionManager

from authsite.db.engines import Database
from authsite.models import User
from authsite.settings.database_urls import database_url as parse
from authsite.web.request import Request
from authsite.web.transactions import transaction_tween_factory
from tests.factories import NOW, a_user, some_noise


def a_post(application, method: str = "POST") -> Request:
    request = Request.blank("/", method=method)
    request.registry = application.registry
    return request


def names(services) -> set[str]:
    """Return the committed first names."""
    with services.database.read_engine.connect() as connection:
        return set(connection.execute(sa.select(User.first_name)).scalars())


def rename(session, user_id: str, name: str) -> None:
    """Change a name by a Core statement, which the unit of work does not notice."""
    table = User.__table__
    session.execute(sa.update(table).where(table.c.id == user_id).values(first_name=name))


@pytest.fixture
def ada(dbsession) -> str:
    """The id of a user among others."""
    some_noise(dbsession)
    return a_user(dbsession, first_name="Ada").id


@pytest.fixture
def manager():
    manager = TransactionManager(explicit=True)
    manager.begin()
    yield manager
    manager.abort()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_postgresql_is_reached_by_psycopg_3(scheme):
    """SQLAlchemy 2.0, which `make test-lowest` has, would choose psycopg2 by itself."""
    database = Database(parse(f"{scheme}://ada@db/site"), pool_size=1, timeout=timedelta(1))
    for engine in (database.engine, database.read_engine):
        assert engine.driver == "psycopg"


def test_commit_keeps_the_change(services, ada, manager):
    session = services.database.write_dbsession(manager)
    rename(session, ada, "Augusta")
    assert names(services) == {"Ada", "Grace"}
    manager.commit()
    assert names(services) == {"Augusta", "Grace"}
    manager.begin()


def test_abort_undoes_the_change(services, ada, manager):
    session = services.database.write_dbsession(manager)
    rename(session, ada, "Augusta")
    manager.abort()
    assert names(services) == {"Ada", "Grace"}
    manager.begin()


def test_read_dbsession_stores_nothing(services, ada):
    with services.database.read_dbsession() as session:
        rename(session, ada, "Augusta")
    assert names(services) == {"Ada", "Grace"}


def test_read_engine_sees_the_latest_commit(services, dbsession):
    """It has no transaction that would keep a snapshot."""
    with services.database.read_engine.connect() as connection:
        count = sa.select(sa.func.count()).select_from(User)
        before = connection.execute(count).scalar_one()
        some_noise(dbsession)
        assert connection.execute(count).scalar_one() == before + 3


@pytest.mark.asvs("16.2.5")
def test_database_errors_hide_values(services, dbsession):
    """Errors are logged, and a value may be a password hash."""
    user = a_user(dbsession)
    values = {column.key: getattr(user, column.key) for column in User.__table__.c}
    with (
        pytest.raises(sa.exc.IntegrityError) as error,
        services.database.engine.begin() as connection,
    ):
        connection.execute(sa.insert(User).values(**values))
    assert "no password has" not in str(error.value).split("DETAIL")[0]


def test_times_are_utc_and_foreign_keys_enforced(services, dbsession):
    a_user(dbsession, created_at=NOW)
    with services.database.read_engine.connect() as connection:
        assert connection.execute(sa.select(User.created_at)).scalar_one() == NOW
    with pytest.raises(sa.exc.IntegrityError), services.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO authsite_session (id, secret_digest, user_id, created_at, last_seen_at, "
            "authenticated_at, expires_at) VALUES ('a', 'b', 'none', '2030-01-01', '2030-01-01', "
            "'2030-01-01', '2030-01-01')"
        )


@pytest.mark.parametrize(
    ("method", "transactional"),
    [("GET", False), ("HEAD", False), ("OPTIONS", False), ("POST", True), ("DELETE", True)],
)
def test_only_unsafe_methods_get_a_transaction(application, services, method, transactional):
    seen = []
    tween = transaction_tween_factory(
        lambda request: seen.append(is_tm_active(request)), application.registry
    )
    request = a_post(application, method)
    tween(request)
    assert seen == [transactional]


def test_forgotten_connections_are_not_closed(services):
    database = services.database
    database.dispose()
    previous = []
    for engine in (database.engine, database.read_engine):
        connection = engine.raw_connection()
        previous.append(connection.dbapi_connection)
        connection.close()
    services.checkup.one_or_none(
        user_id="x", session_id="x", now=NOW, kept_since=NOW, unseen_since=NOW
    )
    services.forget_connections()
    for engine in (database.engine, database.read_engine):
        connection = engine.raw_connection()
        assert connection.dbapi_connection not in previous
        connection.close()
    for connection in previous:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        connection.close()


def test_is_sqlite_follows_the_database_url(services, database_url):
    assert services.database.is_sqlite is database_url.startswith("sqlite")


@pytest.fixture
def on_postgresql(postgresql):
    """Return a function for the engines on a PostgreSQL database, with a timeout of 2 seconds."""
    opened = []

    def open_database(*, pooled: bool = False, **query: str) -> Database:
        url = sa.make_url(postgresql.new_database()).update_query_dict(query)
        opened.append(Database(url, pool_size=1, timeout=timedelta(seconds=2), pooled=pooled))
        return opened[-1]

    yield open_database
    for database in opened:
        database.dispose()


def shown(connection, *names):
    """Return the settings of a connection."""
    return [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]


LIMITS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")


@pytest.mark.asvs("13.1.3", "13.2.6")
def test_postgresql_has_lock_and_statement_timeouts(on_postgresql):
    database = on_postgresql()
    for engine in (database.engine, database.read_engine):
        with engine.connect() as connection:
            assert shown(connection, *LIMITS, "timezone") == ["2s", "6s", "12s", "UTC"]


def test_pooled_transactions_have_limits_that_end_with_them(on_postgresql):
    """A pooler gives the connection to others afterwards."""
    database = on_postgresql(pooled=True)
    for engine in (database.engine, database.write_engine, database.relaxed_engine):
        with engine.begin() as connection:
            assert shown(connection, *LIMITS) == ["2s", "6s", "12s"]
            driver = connection.connection.driver_connection
        with closing(database.engine.pool.connect()) as connection:
            assert connection.driver_connection is driver
            driver.autocommit = True
            shown_after = [driver.execute(f"SHOW {name}").fetchone()[0] for name in LIMITS]
            driver.autocommit = False
        assert shown_after == ["0", "0", "0"]


@pytest.mark.parametrize("pooled", [False, True])
def test_only_relaxed_transactions_do_not_wait_for_the_disk(on_postgresql, pooled):
    database = on_postgresql(pooled=pooled)
    for engine, expected in (
        (database.engine, "on"),
        (database.write_engine, "on"),
        (database.relaxed_engine, "off"),
        (database.engine, "on"),
    ):
        with engine.begin() as connection:
            assert shown(connection, "synchronous_commit") == [expected]


@pytest.mark.parametrize(("pooled", "prepared"), [(False, True), (True, False)])
def test_pooled_connections_prepare_no_statement(on_postgresql, pooled, prepared):
    """PostgreSQL would look for them in the connection of another client."""
    database = on_postgresql(pooled=pooled)
    number = sa.select(sa.bindparam("number", type_=sa.Integer))
    compiled = database.compile(number)
    for _ in range(10):
        assert compiled.one_or_none(number=1) == (1,)
    for engine in (database.engine, database.read_engine):
        with engine.connect() as connection:
            for _ in range(10):
                assert connection.execute(number, {"number": 1}).scalar_one() == 1
            statements = connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements")
            assert bool(statements.scalar_one()) is prepared


@pytest.mark.parametrize("pooled", [False, True])
def test_parameters_of_the_url_override_those_of_the_site(on_postgresql, pooled):
    own = {"application_name": "site one", "connect_timeout": "9", "keepalives_idle": "77"}
    with on_postgresql(pooled=pooled, **own).engine.connect() as connection:
        parameters = connection.connection.driver_connection.info.get_parameters()
        assert shown(connection, "application_name") == ["site one"]
    assert {name: parameters[name] for name in own} == own


def test_options_of_the_url_are_kept(on_postgresql):
    database = on_postgresql(options="-c search_path=pg_catalog -c statement_timeout=99s")
    with database.read_engine.connect() as connection:
        assert shown(connection, "search_path", "lock_timeout") == ["pg_catalog", "2s"]


def test_application_name_is_that_of_the_site(on_postgresql):
    with on_postgresql().read_engine.connect() as connection:
        assert shown(connection, "application_name") == ["authsite"]


def test_errors_are_counted_but_not_closed_connections(postgresql):
    """A server that restarts closes those of the pool, which are replaced before their use."""
    url, errors = sa.make_url(postgresql.new_database()), []
    database = Database(url, pool_size=1, timeout=timedelta(seconds=5), count_error=errors.append)
    with database.engine.connect() as connection:
        closed = connection.execute(sa.select(sa.func.pg_backend_pid())).scalar_one()
    with database.read_engine.connect() as connection:
        connection.execute(sa.select(sa.func.pg_terminate_backend(closed, 5000)))
    with database.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.pg_backend_pid())).scalar_one() != closed
        assert errors == []
        with pytest.raises(sa.exc.ProgrammingError) as wrong:
            connection.exec_driver_sql("SELEKT 1")
    assert errors == [wrong.value]
    database.dispose()


def test_error_of_a_read_only_database_is_counted_as_unavailable(postgresql):
    """PostgreSQL's own class for it is another one."""
    url = f"{postgresql.new_database()}&options=-c%20default_transaction_read_only%3Don"
    errors = []
    database = Database(
        sa.make_url(url), pool_size=1, timeout=timedelta(seconds=5), count_error=errors.append
    )
    with database.engine.connect() as connection, pytest.raises(sa.exc.OperationalError) as refused:
        connection.exec_driver_sql("CREATE TABLE t (n int)")
    assert errors == [refused.value]
    database.dispose()
