"""A compiled select returns what Core returns."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from authsite.accounts.sessions import IDENTITY
from authsite.db.compiled_select import CompiledSelect
from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.models import User
from authsite.models.base import UtcDateTime
from tests.factories import NOW, a_session, a_user, some_noise

USER = sa.select(User.first_name).where(User.id == sa.bindparam("user_id"))


def test_compiled_select_returns_the_same_row_as_core(services, dbsession):
    some_noise(dbsession)
    user = a_user(dbsession, first_name="Ağa %(x)s :y ?")
    session_id = a_session(dbsession, user).id
    compiled = CompiledSelect(IDENTITY, services.database.read_engine)
    with services.database.read_engine.connect() as connection:
        row = connection.execute(IDENTITY, {"session_id": session_id}).one()
    found = compiled.one_or_none(session_id=session_id)
    assert found == tuple(row)
    assert [type(value) for value in found] == [type(value) for value in row]


def test_compiled_select_binds_values_as_core_does(services, dbsession):
    some_noise(dbsession)
    user = a_user(dbsession, created_at=NOW)
    statement = sa.select(User.id, sa.literal("x"), sa.bindparam("at", type_=UtcDateTime)).where(
        User.first_name.in_([sa.literal("Grace"), sa.literal("Ada")]),
        User.created_at < sa.bindparam("at", type_=UtcDateTime),
        User.id == sa.bindparam("user_id"),
        User.created_at > sa.literal(NOW - timedelta(seconds=1), UtcDateTime),
    )
    compiled = CompiledSelect(statement, services.database.read_engine)
    later = NOW + timedelta(microseconds=1)
    assert compiled.one_or_none(user_id=user.id, at=later) == (user.id, "x", later)
    assert compiled.one_or_none(user_id=user.id, at=NOW) is None


@pytest.mark.parametrize("user_id", ["unknown", "", "' OR 1=1 --", "%s", "x" * 5000])
def test_compiled_select_returns_none_without_a_row(services, dbsession, user_id):
    some_noise(dbsession)
    assert CompiledSelect(USER, services.database.read_engine).one_or_none(user_id=user_id) is None


def test_compiled_select_returns_its_connection(services, dbsession):
    user = a_user(dbsession)
    compiled = CompiledSelect(USER, services.database.read_engine)
    for _ in range(50):
        assert compiled.one_or_none(user_id=user.id) == ("Grace",)


@pytest.mark.asvs("15.4.1")
def test_simultaneous_threads_get_their_own_rows(services, dbsession):
    ids = [a_user(dbsession).id for _ in range(8)]
    compiled = services.database.compile(
        sa.select(User.id).where(User.id == sa.bindparam("user_id"))
    )

    def select_ids(user_id: str) -> set[str]:
        return {compiled.one_or_none(user_id=user_id)[0] for _ in range(300)}

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(select_ids, ids)) == [{user_id} for user_id in ids]


def test_compiled_select_sees_the_latest_commit(services, dbsession):
    compiled = CompiledSelect(USER, services.database.read_engine)
    assert compiled.one_or_none(user_id="ada") is None
    a_user(dbsession, id="ada")
    assert compiled.one_or_none(user_id="ada") == ("Grace",)


@pytest.mark.parametrize("file", ["no/such/folder/x.sqlite", "empty.sqlite"])
def test_unavailable_database_raises_without_values(tmp_path: Path, file: str):
    url = sa.make_url(f"sqlite:///{tmp_path}/{file}")
    database = Database(url, pool_size=1, timeout=timedelta(seconds=1))
    compiled = CompiledSelect(USER, database.read_engine)
    for _ in range(3):
        with pytest.raises(DATABASE_UNAVAILABLE) as error:
            compiled.one_or_none(user_id="hush")
        assert "hush" not in str(error.value)
    database.dispose()


def test_compiled_select_recovers_from_a_lost_connection(postgresql, migrate):
    url = postgresql.new_database()
    migrate(url)
    database = Database(sa.make_url(url), pool_size=1, timeout=timedelta(seconds=5))
    compiled = CompiledSelect(USER, database.read_engine)
    assert compiled.one_or_none(user_id="ada") is None
    with database.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    for _ in range(2):  # the first use may find the lost connection
        try:
            found = compiled.one_or_none(user_id="ada")
        except DATABASE_UNAVAILABLE:
            continue
        assert found is None
        break
    else:
        pytest.fail("the connection is still lost")
    database.dispose()
