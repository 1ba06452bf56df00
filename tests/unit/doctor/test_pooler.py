"""The check of a pooler before PostgreSQL."""

import pytest
import sqlalchemy as sa

from tests.unit.doctor.findings import fails, findings_of, passes, warns
from tests.unit.doctor.tcp_proxy import a_tcp_proxy_to


@pytest.fixture
def url(postgresql):
    """The URL of a database of the test's own."""
    return postgresql.new_database()


@pytest.fixture
def on(a_subject, url):
    """Return a site on that database, through a port or directly."""

    def make(pooler, port=None):
        parts = {"host": "127.0.0.1", "port": port, "query": {}} if port else {}
        changed = sa.make_url(url).set(**parts).render_as_string(hide_password=False)
        return a_subject(app={"sqlalchemy.url": changed, "authsite.database.pooler": pooler})

    return make


def test_site_without_a_pooler_passes(on):
    assert passes(on("none"), "pooler") == "The site is connected to PostgreSQL itself."


def test_setting_of_a_pooler_that_is_not_there_is_a_warning(on):
    assert "itself" in warns(on("transaction"), "pooler")


def test_pooler_that_the_site_does_not_know_fails(on, url):
    with a_tcp_proxy_to(url, pooled=True) as port:
        subject = on("none", port)
        assert "A pooler is between" in fails(subject, "pooler")
        assert "pooler = transaction" in findings_of(subject, "pooler")[0].fix


def test_reads_through_a_pooler_need_the_limits_of_the_role(on, url):
    name = sa.make_url(url).database
    with a_tcp_proxy_to(url, pooled=True) as port:
        subject = on("transaction", port)
        assert "no statement_timeout and no lock_timeout" in warns(subject, "pooler")
        [found] = findings_of(subject, "pooler")
        statements = found.fix.partition("; then")[0].split("; ")
        assert statements == [
            f"ALTER ROLE postgres IN DATABASE {name} SET statement_timeout = '30s'",
            f"ALTER ROLE postgres IN DATABASE {name} SET lock_timeout = '10s'",
        ]
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()
        assert "the role of the site limits" in passes(subject, "pooler")
