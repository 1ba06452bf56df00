"""What `python -m build` makes: an sdist, and from it a wheel that works without the checkout."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest
import sqlalchemy as sa

from authsite.db.revision import HEAD
from tests.conftest import ROOT
from tests.shell import write_ini
from tests.site.test_migrations import schema_of

_NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info", ".*", "build", "dist")


def python(*arguments, **options):
    """Run Python; return what it prints."""
    command = [sys.executable, "-m", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist and the wheel of a copy of the tree; the wheel is built from the sdist."""
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(ROOT, folder / "tree", ignore=_NOT_COPIED)
    python("build", "--no-isolation", "--outdir", folder / "dist", folder / "tree")
    shutil.rmtree(folder / "tree")
    [sdist], [wheel] = (list((folder / "dist").glob(each)) for each in ("*.tar.gz", "*.whl"))
    return sdist, wheel


@pytest.fixture(scope="module")
def names(built):
    """The names of all files in the wheel."""
    with zipfile.ZipFile(built[1]) as archive:
        return set(archive.namelist())


def files_of(folder, name=None):
    """Return the files below a folder of the checkout, as the wheel names them."""
    return {
        f"{name or folder}/{path.relative_to(ROOT / folder).as_posix()}"
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.asvs("15.2.3")
def test_wheel_contains_exactly_package_and_migrations(names):
    package = files_of("authsite") | files_of("alembic", "authsite/migrations")
    assert {name for name in names if ".dist-info/" not in name} == package
    assert {"authsite/passwords/common_passwords.txt", "authsite/py.typed"} <= package


def test_wheel_has_only_standard_metadata_files(names):
    metadata = {name.partition(".dist-info/")[2] for name in names if ".dist-info/" in name}
    expected = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt"}
    assert metadata == expected | {"licenses/LICENSE"}


def test_sdist_and_wheel_pass_the_checks_of_an_index(built):
    python("twine", "--no-color", "check", "--strict", *built)
    python("check_wheel_contents", "--no-config", built[1])


def test_installed_wheel_migrates_and_serves(built, tmp_path, settings_of_tests):
    """With its templates and static files; no module comes from the checkout."""
    options = ("--quiet", "--no-deps", "--no-index", "--target", tmp_path / "installed")
    python("pip", "install", *options, built[1])
    url = f"sqlite:///{tmp_path}/site.sqlite"
    ini = write_ini(tmp_path / "site.ini", settings_of_tests | {"sqlalchemy.url": url})
    script = tmp_path / "visit.py"
    script.write_text(VISIT)
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    options = {
        "cwd": tmp_path,
        "env": environ | {"PYTHONPATH": str(tmp_path / "installed")},
    }
    migrate = "from authsite.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", migrate, "migrate", ini],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    assert (done.stdout, done.stderr) == (f"Created the tables at revision {HEAD}.\n", "")
    assert "authsite_session" in schema_of(sa.create_engine(url))
    printed = python("visit", ini, **options)
    assert printed.splitlines() == [str(tmp_path / "installed" / "authsite"), "200", "200", "ready"]


VISIT = """
import sys
from pathlib import Path

import authsite
from authsite.application import background
from pyramid.paster import get_app
from webtest import TestApp

background.disable()
browser = TestApp(get_app(sys.argv[1]))
page = browser.get("/sign-up")
print(Path(authsite.__file__).parent)
print(page.status_int)
print(browser.get(page.html.find("link", rel="stylesheet")["href"]).status_int)
print(browser.get("/readyz").text.strip())
"""
