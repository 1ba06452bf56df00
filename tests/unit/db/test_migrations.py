"""Where the migrations are, and what their transactions may do."""

import sqlalchemy as sa

from authsite.db.migrations import alembic_config, create_migration_engine, migrations_of
from authsite.db.sqlite import find_broken_keys
from tests.conftest import ROOT


def test_migrations_are_in_the_installed_package(tmp_path):
    (tmp_path / "authsite" / "migrations").mkdir(parents=True)
    assert migrations_of(tmp_path / "authsite") == tmp_path / "authsite" / "migrations"


def test_migrations_are_beside_the_package_of_a_checkout():
    assert migrations_of(ROOT / "authsite") == ROOT / "alembic"


def test_path_of_the_migrations_may_contain_a_percent_sign(tmp_path, monkeypatch):
    monkeypatch.setattr("authsite.db.migrations._PACKAGE", tmp_path / "50% off" / "authsite")
    config = alembic_config(sa.make_url("sqlite:///x"))
    assert config.get_main_option("script_location") == f"{tmp_path}/50% off/alembic"


def test_migrations_ignore_the_limit_of_the_role(postgresql):
    url = sa.make_url(postgresql.new_database())
    limited = url.update_query_dict({"options": "-c statement_timeout=77"})
    engine = create_migration_engine(limited)
    with engine.begin() as connection:
        limit = connection.exec_driver_sql("SHOW statement_timeout").scalar_one()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        outside = connection.exec_driver_sql("SHOW statement_timeout").scalar_one()
    assert (limit, outside) == ("0", "77ms")


def test_migrations_rebuild_tables_without_deleting_rows_that_refer_to_them(tmp_path):
    engine = create_migration_engine(sa.make_url(f"sqlite:///{tmp_path}/x.sqlite"))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("CREATE TABLE b (a INTEGER REFERENCES a (id) ON DELETE CASCADE)")
        connection.exec_driver_sql("INSERT INTO a VALUES (1)")
        connection.exec_driver_sql("INSERT INTO b VALUES (1)")
        connection.exec_driver_sql("DELETE FROM a")
        assert find_broken_keys(connection) == {("b", 1, "a", 0)}
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM b").scalar_one() == 1


def test_failed_migration_leaves_nothing(tmp_path):
    engine = create_migration_engine(sa.make_url(f"sqlite:///{tmp_path}/x.sqlite"))
    with engine.connect() as connection, connection.begin() as transaction:
        connection.exec_driver_sql("CREATE TABLE a (id INTEGER PRIMARY KEY)")
        transaction.rollback()
    assert sa.inspect(engine).get_table_names() == []
