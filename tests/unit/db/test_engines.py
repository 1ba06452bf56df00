"""The two engines: what is asked of SQLite and PostgreSQL, and what is kept or undone."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from pyramid.registry import Registry
from pyramid_tm import is_tm_active
from transaction import TransactionManager

from authsite.db.engines import Database
from authsite.models import User
from authsite.web.request import Request
from authsite.web.transactions import retry_attempts, transaction_tween_factory
from tests.factories import NOW, a_user, some_noise


def a_post(application, method: str = "POST") -> Request:
    request = Request.blank("/", method=method)
    request.registry = application.registry
    return request


def names(services) -> set[str]:
    """Return the first names that everybody can read."""
    with services.database.read_engine.connect() as connection:
        return set(connection.execute(sa.select(User.first_name)).scalars())


def rename(session, user_id: str, name: str) -> None:
    """Change a name by a Core statement, which the unit of work does not notice."""
    table = User.__table__
    session.execute(sa.update(table).where(table.c.id == user_id).values(first_name=name))


@pytest.fixture
def ada(dbsession) -> str:
    """Return the id of one person among others."""
    some_noise(dbsession)
    return a_user(dbsession, first_name="Ada").id


@pytest.fixture
def manager():
    manager = TransactionManager(explicit=True)
    manager.begin()
    yield manager
    manager.abort()


def test_what_is_written_is_kept_when_the_transaction_commits(services, ada, manager):
    session = services.database.write_dbsession(manager)
    rename(session, ada, "Augusta")
    assert names(services) == {"Ada", "Grace"}
    manager.commit()
    assert names(services) == {"Augusta", "Grace"}
    manager.begin()


def test_what_is_written_is_undone_when_the_transaction_aborts(services, ada, manager):
    session = services.database.write_dbsession(manager)
    rename(session, ada, "Augusta")
    manager.abort()
    assert names(services) == {"Ada", "Grace"}
    manager.begin()


def test_a_session_to_read_leaves_nothing_behind(services, ada):
    with services.database.read_dbsession() as session:
        rename(session, ada, "Augusta")
    assert names(services) == {"Ada", "Grace"}


def test_a_look_sees_what_was_committed_a_moment_ago(services, dbsession):
    """It has no transaction that would keep an old picture."""
    with services.database.read_engine.connect() as connection:
        count = sa.select(sa.func.count()).select_from(User)
        before = connection.execute(count).scalar_one()
        some_noise(dbsession)
        assert connection.execute(count).scalar_one() == before + 3


@pytest.mark.asvs("16.2.5")
def test_errors_do_not_show_what_was_to_be_written(services, dbsession):
    """They end up in the log, and it might have been a hash."""
    user = a_user(dbsession)
    values = {column.key: getattr(user, column.key) for column in User.__table__.c}
    with (
        pytest.raises(sa.exc.IntegrityError) as error,
        services.database.engine.begin() as connection,
    ):
        connection.execute(sa.insert(User).values(**values))
    assert "nobody knows" not in str(error.value).split("DETAIL")[0]


def test_times_are_utc_and_keys_are_foreign_on_both_databases(services, dbsession):
    a_user(dbsession, created_at=NOW)
    with services.database.read_engine.connect() as connection:
        assert connection.execute(sa.select(User.created_at)).scalar_one() == NOW
    with pytest.raises(sa.exc.IntegrityError), services.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO authsite_session (id, secret_digest, user_id, created_at, last_seen_at, "
            "authenticated_at, expires_at) VALUES ('a', 'b', 'nobody', '2030-01-01', '2030-01-01', "
            "'2030-01-01', '2030-01-01')"
        )


@pytest.mark.parametrize(
    ("method", "transactional"),
    [("GET", False), ("HEAD", False), ("OPTIONS", False), ("POST", True), ("DELETE", True)],
)
def test_only_what_may_write_gets_a_transaction(application, services, method, transactional):
    registry = Registry()
    registry.settings = {}
    seen = []
    tween = transaction_tween_factory(lambda request: seen.append(is_tm_active(request)), registry)
    request = a_post(application, method)
    tween(request)
    assert seen == [transactional]


def test_a_form_is_tried_as_often_as_the_settings_say(application, services):
    attempts = services.settings.database.attempts
    assert attempts > 1
    assert retry_attempts(a_post(application)) == attempts


def test_connections_of_the_parent_are_forgotten_but_not_closed(services):
    database = services.database
    database.dispose()
    former = []
    for engine in (database.engine, database.read_engine):
        connection = engine.raw_connection()
        former.append(connection.dbapi_connection)
        connection.close()
    services.checkup.one_or_none(
        user_id="x", session_id="x", now=NOW, kept_since=NOW, unseen_since=NOW
    )
    database.forget_connections()
    for engine in (database.engine, database.read_engine):
        connection = engine.raw_connection()
        assert connection.dbapi_connection not in former
        connection.close()
    for connection in former:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        connection.close()


def test_which_database_it_is_can_be_asked(services, database_url):
    assert services.database.is_sqlite is database_url.startswith("sqlite")


@pytest.mark.asvs("13.1.3", "13.2.6")
def test_postgresql_gives_up_waiting_by_itself(postgresql):
    url = sa.make_url(postgresql.new_database())
    database = Database(url, pool_size=1, timeout=timedelta(seconds=2))
    try:
        for engine in (database.engine, database.read_engine):
            with engine.connect() as connection:
                shown = {
                    name: connection.exec_driver_sql(f"SHOW {name}").scalar_one()
                    for name in ("lock_timeout", "statement_timeout", "timezone")
                }
                assert shown == {"lock_timeout": "2s", "statement_timeout": "6s", "timezone": "UTC"}
    finally:
        database.dispose()
