"""The reader of hash formats: dummy hashes follow the table."""

import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.hash_formats import HashFormatReader
from authsite.db.engines import Database
from authsite.models import User
from authsite.passwords.dummy_hashes import DummyHashes
from tests.factories import a_hasher, a_user
from tests.foreign_hashes import DEVISE, PASSWORD
from tests.processes.servers import until

CURRENT = a_hasher().hash(PASSWORD)
BCRYPT = DEVISE[PASSWORD]
EVE = "eve@example.com"


@pytest.fixture
def dummies() -> DummyHashes:
    return DummyHashes(CURRENT, key=b"k" * 32)


@pytest.mark.asvs("6.3.8")
def test_dummy_hashes_follow_the_table(services, dbsession, dummies):
    reader = HashFormatReader(services.database, dummies)
    a_user(dbsession, password_hash=None)
    assert reader.read()
    assert dummies.choose(EVE) == CURRENT
    user = a_user(dbsession, password_hash=BCRYPT)
    assert reader.read()
    assert dummies.choose(EVE).startswith("$2a$04$")
    user.password_hash = CURRENT
    dbsession.commit()
    assert reader.read()
    assert dummies.choose(EVE).startswith("$argon2id$")


def test_reader_works_until_it_is_stopped(services, dbsession, dummies):
    a_user(dbsession, password_hash=BCRYPT)
    reader = HashFormatReader(services.database, dummies, interval=0.01)
    thread = threading.Thread(target=reader.work)
    thread.start()
    try:
        until(lambda: dummies.choose(EVE).startswith("$2a$"), "the first read")
        with Session(services.database.write_engine) as session:
            session.execute(sa.update(User).values(password_hash=CURRENT))
            session.commit()
        until(lambda: dummies.choose(EVE).startswith("$argon2id$"), "a later read")
    finally:
        reader.stop()
        thread.join()


def test_dummy_hashes_stay_without_a_database(services, dbsession, dummies, caplog):
    a_user(dbsession, password_hash=BCRYPT)
    HashFormatReader(services.database, dummies).read()
    away = sa.make_url("sqlite:////nonexistent/site.sqlite")
    database = Database(away, pool_size=1, timeout=services.settings.database.timeout)
    assert not HashFormatReader(database, dummies).read()
    assert "sys_hash_formats: deferred" in caplog.text
    assert dummies.choose(EVE).startswith("$2a$04$")


def test_reader_survives_any_error(services, dbsession, caplog):
    a_user(dbsession, password_hash=BCRYPT)
    reader = HashFormatReader(services.database, None)
    assert not reader.read()
    assert "sys_hash_formats: failed" in caplog.text
