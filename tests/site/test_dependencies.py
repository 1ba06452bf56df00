"""Third-party packages: versions of the tests, and limits of those that hosts may have."""

import configparser
import re

import pyramid.path
import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT


def names(requirements):
    """Return the names of packages as constraints have them."""
    return {each.name.lower().replace(".", "-") for each in requirements}


def required_packages():
    """Return the requirements of setup.cfg, extras included."""
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg", "utf-8")
    lists = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    lines = [line for each in lists for line in each.splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("%")]


@pytest.mark.asvs("15.1.2", "15.2.4")
@pytest.mark.parametrize("constraints", ["constraints.txt", "constraints-lowest.txt"])
def test_every_package_is_pinned_to_one_version(constraints):
    lines = (ROOT / constraints).read_text("utf-8").splitlines()
    assert all(re.match(r"[a-z0-9-]+==[0-9][^ ]*( ; .*)?$", line) for line in lines)
    assert names(required_packages()) <= names(map(Requirement, lines))


def test_only_setuptools_has_an_upper_limit():
    """When Pyramid no longer imports what setuptools 82 removes, remove the limit as well."""
    limited = {each.name for each in required_packages() if "<" in str(each.specifier)}
    assert limited == {"setuptools"}
    assert pyramid.path.pkg_resources
