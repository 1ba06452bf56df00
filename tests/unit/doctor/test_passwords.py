"""The checks of password hashes."""

import secrets
from types import SimpleNamespace

import pytest
from argon2.exceptions import HashingError

from authsite.passwords.cores import available_cores
from authsite.settings.schema import PasswordSettings
from tests.factories import a_user
from tests.unit.doctor.findings import fails, passes, warns


def costs(memory, passes_, **others):
    """Return the lines of an ini file with these costs."""
    return {
        "authsite.passwords.memory_cost": str(memory),
        "authsite.passwords.time_cost": str(passes_),
    } | others


def test_stored_hashes_need_their_peppers(a_subject, database_url, services, dbsession):
    """One is dropped; another one begins with the same letters."""
    peppers = [f"{name}:{secrets.token_urlsafe(32)}" for name in ("old", "older", "new")]

    def subject(*configured):
        pepper = {"authsite.passwords.pepper": ", ".join(configured) or None}
        return a_subject(app={"sqlalchemy.url": database_url} | pepper)

    passes(subject(), "stored hashes")
    a_user(dbsession)
    for each in (*peppers[:2], peppers[0]):
        hasher = subject(each).services.hasher
        a_user(dbsession, password_hash=hasher.hash("a password of a user"))
    assert "pepper: 3; one needs 'old'." in fails(subject(), "stored hashes")
    assert "pepper: 2; one needs 'old'." in fails(subject(*peppers[1:]), "stored hashes")
    assert "pepper: 1; one needs 'older'." in fails(subject(peppers[0]), "stored hashes")
    passes(subject(*peppers), "stored hashes")


def test_hash_cost_accepts_the_default(a_subject):
    assert f"m={PasswordSettings.memory_cost}, t=3, p=1" in passes(a_subject(), "hash cost")


@pytest.mark.parametrize("cost", [(19_456, 2), (47_104, 1), (7_168, 5), (65_536, 3)])
def test_hash_cost_accepts_the_minimum_of_owasp(a_subject, cost):
    passes(a_subject(app=costs(*cost)), "hash cost")


@pytest.mark.parametrize("cost", [(8, 1), (19_455, 2), (47_103, 1), (7_167, 100)])
def test_hash_cost_rejects_less(a_subject, cost):
    assert f"m={cost[0]}, t={cost[1]}" in fails(a_subject(app=costs(*cost)), "hash cost")


def test_hash_time_is_measured(a_subject):
    assert " ms " in passes(a_subject(app=costs(8, 1)), "hash time")


def test_hash_time_warns_of_slow_hashes(a_subject, monkeypatch):
    monkeypatch.setattr("authsite.doctor.passwords._SLOW", 0.0)
    assert " ms " in warns(a_subject(app=costs(8, 1)), "hash time")


def test_hash_time_fails_without_enough_memory(a_subject):
    def break_off(_password):
        raise HashingError("Memory allocation error")

    subject = a_subject()
    vars(subject)["services"] = SimpleNamespace(hasher=SimpleNamespace(hash=break_off))
    assert "Memory allocation error" in fails(subject, "hash time")


def test_hash_memory_accepts_what_fits(a_subject):
    message = passes(a_subject(app=costs(8, 1)), "hash memory")
    assert message.startswith(f"{available_cores()} concurrent hashes need 0 of ")


def test_hash_memory_warns_of_too_many_hashes(a_subject):
    many = {"authsite.passwords.hash_threads": "256"}
    subject = a_subject(app=costs(4_194_304, 1, **many), more={"server:second": {"use": "main"}})
    assert "512 concurrent hashes need 2097152 of" in warns(subject, "hash memory")


def test_hash_memory_warns_of_too_little_in_the_cgroup(a_subject, tmp_path):
    """As with `docker run --memory 64m`."""
    (tmp_path / "cgroup").write_text("0::/\n")
    (tmp_path / "memory.max").write_text("67108864\n")
    own = {"cgroups": tmp_path / "cgroup", "cgroup_root": tmp_path}
    four = {"authsite.passwords.hash_threads": "4"}
    assert "need 32 of 64 MiB" in passes(
        a_subject(app=costs(8192, 2, **four), **own), "hash memory"
    )
    assert "need 76 of 64 MiB" in warns(
        a_subject(app=costs(19456, 2, **four), **own), "hash memory"
    )
