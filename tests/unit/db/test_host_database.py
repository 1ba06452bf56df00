"""The engine of a host application, and the dbsession of a test, in place of authsite's engines."""

import contextlib

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.db.engines import Database, HostDatabase
from authsite.db.joined import joined
from authsite.models import User
from tests.factories import a_user

NAMES = sa.select(User.first_name).where(User.id == sa.bindparam("user_id"))


@pytest.fixture
def host_database(services):
    engine = sa.create_engine(services.database.engine.url)
    yield HostDatabase(engine)
    engine.dispose()


@pytest.fixture(params=["own", "host"])
def database(request, services, host_database) -> Database:
    return services.database if request.param == "own" else host_database


@pytest.fixture
def user_id(dbsession) -> str:
    user_id = a_user(dbsession).id
    dbsession.rollback()
    return user_id


def rename(user_id: str, name: str) -> sa.Update:
    return sa.update(User).where(User.id == user_id).values(first_name=name)


def name_of(database: Database, user_id: str) -> str:
    with database.reading() as connection:
        return connection.execute(NAMES, {"user_id": user_id}).scalar_one()


@pytest.mark.parametrize("relaxed", [False, True])
def test_writes_are_committed_unless_an_error_undoes_them(database, user_id, relaxed):
    with database.writing(relaxed=relaxed) as connection:
        connection.execute(rename(user_id, "Ada"))
    with database.writing_dbsession(relaxed=relaxed) as dbsession:
        assert dbsession.get(User, user_id).first_name == "Ada"
        dbsession.get(User, user_id).first_name = "Eve"
    with contextlib.suppress(ZeroDivisionError), database.writing(relaxed=relaxed) as connection:
        connection.execute(rename(user_id, "Grace"))
        raise ZeroDivisionError
    assert name_of(database, user_id) == "Eve"


def test_select_returns_a_row_or_none(database, user_id):
    select = database.compile(NAMES)
    assert select.one_or_none(user_id=user_id) == ("Grace",)
    assert select.one_or_none(user_id="unknown") is None


def test_everything_happens_in_the_dbsession_of_a_test(database, user_id):
    select = database.compile(NAMES)
    with Session(database.write_engine) as dbsession:
        token = joined.set(dbsession)
        with database.writing() as connection:
            connection.execute(rename(user_id, "Ada"))
        with database.writing_dbsession() as same, database.reading_dbsession() as also:
            assert same is also is dbsession
        assert name_of(database, user_id) == "Ada"
        assert select.one_or_none(user_id=user_id) == ("Ada",)
        joined.reset(token)
    with database.reading_dbsession() as dbsession:
        assert dbsession.get(User, user_id).first_name == "Grace"


def test_connections_of_a_host_are_left_to_it(host_database, user_id):
    name_of(host_database, user_id)
    host_database.drop_connections()
    host_database.forget_connections()
    host_database.dispose()
    assert host_database.engine.pool.checkedin() == 1
