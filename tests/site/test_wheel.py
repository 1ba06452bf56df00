"""The wheel contains the package and its data, no tests and no development files."""

import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.conftest import ROOT

_NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info", ".*", "build", "dist")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names of all files in a wheel built from a copy of the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "tree", ignore=_NOT_COPIED)
    command = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index")
    options = ("--no-build-isolation", "--wheel-dir", str(folder), str(folder / "tree"))
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [built] = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


@pytest.mark.asvs("15.2.3")
def test_wheel_contains_exactly_the_package(wheel):
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "authsite").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    of_the_wheel = {name for name in wheel if ".dist-info/" not in name}
    assert of_the_wheel == package
    assert {"authsite/passwords/common_passwords.txt", "authsite/py.typed"} <= package


def test_wheel_has_only_standard_metadata_files(wheel):
    metadata = {name.partition(".dist-info/")[2] for name in wheel if ".dist-info/" in name}
    expected = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt"}
    assert metadata == expected | {"licenses/LICENSE"}
