"""Whether the file of SQLite lies where it is safe."""

import shutil

import pytest
import sqlalchemy as sa

from authsite.checks import sqlite
from authsite.checks.finding import Status
from tests.unit.checks.nobody import as_nobody
from tests.unit.checks.saying import is_doubtful, is_fine, is_wrong, looked_at


@pytest.fixture
def mounted(migrated, a_setup, tmp_path):
    """Say what is mounted, of a kind, where the file is."""

    def on(kind, *, where=None):
        mounts = tmp_path / "mounts"
        where = str(where or migrated.database_file.parent).replace(" ", "\\040")
        mounts.write_text(f"/dev/a / ext4 rw 0 0\nhost:/a {where} {kind} rw 0 0\nb /b xfs rw 0 0\n")
        return a_setup(mounts=mounts)

    return on


def test_a_disk_of_this_machine_is_fine(mounted):
    assert "site.sqlite is on xfs with " in is_fine(mounted("xfs"), "local disk")
    assert "is on ext4" in is_fine(mounted("nfs", where="/elsewhere"), "local disk")


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs"])
def test_a_network_is_wrong(mounted, kind):
    assert f"is on a network ({kind})" in is_wrong(mounted(kind), "local disk")


@pytest.mark.parametrize("kind", ["tmpfs", "overlay", "fuse.mergerfs"])
def test_what_may_be_gone_or_is_not_known_is_doubtful(mounted, kind):
    assert f"is on {kind}" in is_doubtful(mounted(kind), "local disk")


def test_what_was_mounted_last_is_on_top(migrated, a_setup, tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"a {tmp_path} ext4 rw 0 0\nb {tmp_path} nfs rw 0 0\nc / xfs rw 0 0\n")
    assert "a network (nfs)" in is_wrong(a_setup(mounts=mounts), "local disk")


def test_a_folder_with_a_space_is_found(migrated, a_setup, mounted, tmp_path):
    folder = tmp_path / "a b"
    folder.mkdir()
    shutil.copy(migrated.database_file, folder / "site.sqlite")
    mounts = mounted("nfs", where=folder).mounts
    setup = a_setup(app={"sqlalchemy.url": f"sqlite:///{folder}/site.sqlite"}, mounts=mounts)
    assert "a network (nfs)" in is_wrong(setup, "local disk")


def test_where_nobody_says_what_is_mounted_that_is_told(migrated, a_setup, tmp_path):
    setup = a_setup(mounts=tmp_path / "none")
    assert "nobody says" in is_doubtful(setup, "local disk")


def test_this_machine_says_what_is_mounted(migrated):
    assert "nobody says" not in str(looked_at(migrated, "local disk"))


@pytest.mark.parametrize(("least", "judge"), [("_LITTLE", is_doubtful), ("_TOO_LITTLE", is_wrong)])
def test_a_disk_that_is_nearly_full_is_told(mounted, monkeypatch, least, judge):
    """As if a site needed more than there is."""
    for name in {"_LITTLE", least}:
        monkeypatch.setattr(sqlite, name, 2**70)
    assert "MiB left for" in judge(mounted("xfs"), "local disk")


def test_a_file_of_ones_own_is_fine(migrated):
    assert "can be written to" in is_fine(migrated, "database file")


def test_a_file_that_others_can_read_is_wrong(migrated, opened, a_setup):
    migrated.database_file.chmod(0o644)
    assert "can be read by everybody" in is_wrong(migrated, "database file")
    is_fine(a_setup(app={"authsite.dev": "true"}), "database file")
    opened.chmod(0o710)
    is_fine(migrated, "database file")


def test_what_cannot_be_written_to_is_wrong(migrated, opened):
    """Root may write to everything, so somebody else looks."""
    migrated.database_file.chmod(0o400)
    opened.chmod(0o511)
    with as_nobody():
        found = looked_at(migrated, "database file")
    assert [each.status for each in found] == [Status.WRONG] * 2
    assert found[0].seen.startswith(f"{opened} cannot be written to")
    assert found[1].seen.startswith(f"{migrated.database_file} cannot be written to")
    opened.chmod(0o711)


def test_the_site_switches_its_file_to_wal(migrated):
    assert is_fine(migrated, "wal") == "the file is in WAL mode"


def test_a_file_that_is_not_in_wal_is_doubtful(migrated):
    engine = sa.create_engine(migrated.database_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
    engine.dispose()
    assert "not in WAL mode" in is_doubtful(migrated, "wal")


@pytest.mark.parametrize("check", ["local disk", "database file", "wal"])
def test_of_postgresql_nothing_is_said(a_setup, check):
    setup = a_setup(app={"sqlalchemy.url": "postgresql://db.example.com/site"})
    assert looked_at(setup, check) == []


def test_each_of_two_things_is_told(mounted, monkeypatch):
    monkeypatch.setattr(sqlite, "_LITTLE", 2**70)
    found = looked_at(mounted("nfs"), "local disk")
    assert [each.status for each in found] == [Status.WRONG, Status.WARNING]
