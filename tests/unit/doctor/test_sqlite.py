"""The checks of the file of SQLite."""

import shutil

import pytest
import sqlalchemy as sa

from authsite.doctor import sqlite
from authsite.doctor.finding import Status
from tests.conftest import MEMORY
from tests.unit.doctor.findings import fails, findings_of, passes, warns
from tests.unit.doctor.unprivileged import as_unprivileged


@pytest.fixture
def mounted(migrated, a_subject, tmp_path):
    """Mount a file system of this type where the file is."""

    def on(file_system, *, where=None):
        mounts = tmp_path / "mounts"
        where = str(where or migrated.database_file.parent).replace(" ", "\\040")
        mounts.write_text(
            f"/dev/a / ext4 rw 0 0\nhost:/a {where} {file_system} rw 0 0\nb /b xfs rw 0 0\n"
        )
        return a_subject(mounts=mounts)

    return on


def test_local_disk_passes(mounted):
    assert "site.sqlite is on xfs with " in passes(mounted("xfs"), "local disk")
    assert "is on ext4" in passes(mounted("nfs", where="/elsewhere"), "local disk")


@pytest.mark.parametrize("file_system", ["nfs4", "cifs", "9p", "fuse.sshfs"])
def test_local_disk_rejects_a_network(mounted, file_system):
    assert f"is on {file_system}, a network" in fails(mounted(file_system), "local disk")


@pytest.mark.parametrize("file_system", ["tmpfs", "overlay", "fuse.mergerfs"])
def test_local_disk_warns_of_temporary_and_unknown_ones(mounted, file_system):
    assert f"is on {file_system}" in warns(mounted(file_system), "local disk")


def test_local_disk_uses_the_last_mount(migrated, a_subject, tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"a {tmp_path} ext4 rw 0 0\nb {tmp_path} nfs rw 0 0\nc / xfs rw 0 0\n")
    assert "nfs, a network" in fails(a_subject(mounts=mounts), "local disk")


def test_local_disk_finds_a_folder_with_a_space(migrated, a_subject, mounted, tmp_path):
    folder = tmp_path / "a b"
    folder.mkdir()
    shutil.copy(migrated.database_file, folder / "site.sqlite")
    mounts = mounted("nfs", where=folder).mounts
    subject = a_subject(app={"sqlalchemy.url": f"sqlite:///{folder}/site.sqlite"}, mounts=mounts)
    assert "nfs, a network" in fails(subject, "local disk")


def test_local_disk_warns_without_a_list_of_mounts(migrated, a_subject, tmp_path):
    subject = a_subject(mounts=tmp_path / "none")
    assert "unknown" in warns(subject, "local disk")


def test_local_disk_reads_the_mounts_of_this_machine(migrated):
    assert "unknown" not in str(findings_of(migrated, "local disk"))


@pytest.mark.skipif(not MEMORY.is_dir(), reason="This system has no file system in memory.")
def test_local_disk_warns_of_memory(a_subject, memory):
    """It may be small as well."""
    file = memory / "site.sqlite"
    file.touch()
    found = findings_of(a_subject(app={"sqlalchemy.url": f"sqlite:///{file}"}), "local disk")
    assert found[0].message == f"{file} is on tmpfs, and may be lost at a restart."
    assert found[0].status is Status.WARN


@pytest.mark.parametrize(("least", "report"), [("_LITTLE", warns), ("_TOO_LITTLE", fails)])
def test_local_disk_needs_free_space(mounted, monkeypatch, least, report):
    """As if a site needed more than is left."""
    for name in {"_LITTLE", least}:
        monkeypatch.setattr(sqlite, name, 2**70)
    assert "MiB left" in report(mounted("xfs"), "local disk")


def test_database_file_passes(migrated):
    passes(migrated, "database file")


def test_database_file_rejects_public_ones(migrated, opened, a_subject):
    migrated.database_file.chmod(0o644)
    assert "Every user" in fails(migrated, "database file")
    local = {"authsite.dev": "true", "authsite.site.url": "http://localhost"}
    passes(a_subject(app=local), "database file")
    opened.chmod(0o710)
    passes(migrated, "database file")


def test_database_file_must_be_writable(migrated, opened):
    """Root may write everywhere, so the check runs without its rights."""
    migrated.database_file.chmod(0o400)
    opened.chmod(0o511)
    with as_unprivileged():
        found = findings_of(migrated, "database file")
    assert [each.status for each in found] == [Status.FAIL] * 2
    assert found[0].message.endswith(f" write to {opened}.")
    assert found[1].message.endswith(f" write to {migrated.database_file}.")
    opened.chmod(0o711)


def test_wal_passes(migrated):
    passes(migrated, "wal")


def test_wal_warns_of_another_mode(migrated):
    engine = sa.create_engine(migrated.database_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
    engine.dispose()
    assert "not in WAL mode" in warns(migrated, "wal")


def test_local_disk_reports_two_problems(mounted, monkeypatch):
    monkeypatch.setattr(sqlite, "_LITTLE", 2**70)
    found = findings_of(mounted("nfs"), "local disk")
    assert [each.status for each in found] == [Status.FAIL, Status.WARN]
