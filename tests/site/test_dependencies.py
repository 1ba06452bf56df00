"""Every third-party package is pinned to one version."""

import configparser
import re

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT


def package_names(lines):
    """Return the names of the packages in these requirement lines."""
    return {
        Requirement(line).name.lower().replace(".", "-")
        for line in map(str.strip, lines)
        if line and not line.startswith(("#", "%"))
    }


def required_packages():
    """Return the packages of setup.cfg, extras included."""
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg", "utf-8")
    lists = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    return set().union(*(package_names(each.splitlines()) for each in lists))


@pytest.mark.asvs("15.1.2", "15.2.4")
def test_every_package_is_pinned_to_one_version():
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert all(re.match(r"[a-z0-9-]+==[0-9][^ ]*( ; .*)?$", line) for line in lines)
    assert required_packages() <= package_names(lines)
