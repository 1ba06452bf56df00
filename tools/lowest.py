"""Write constraints-lowest.txt: constraints.txt with the lowest versions that setup.cfg accepts."""

import configparser
import re
import sys
from pathlib import Path

from packaging.requirements import Requirement

CURRENT, LOWEST = Path("constraints.txt"), Path("constraints-lowest.txt")
#: The extras that a host installs; tools for tests keep their version.
EXTRAS = ("metrics", "postgres")


def lowest_versions() -> dict[str, str]:
    """Return the lowest version of each package that authsite imports."""
    config = configparser.ConfigParser(interpolation=None)
    config.read("setup.cfg", "utf-8")
    options, extras = config["options"], config["options.extras_require"]
    lists = [options["install_requires"], *(extras[each] for each in EXTRAS)]
    versions = {}
    for line in "\n".join(lists).split("\n"):
        if line:
            requirement = Requirement(line)
            [lowest] = [each.version for each in requirement.specifier if each.operator == ">="]
            name = requirement.name.replace(".", "-")
            # The package of an extra, such as psycopg-binary, has the version of its package.
            for each in (name, *(f"{name}-{extra}" for extra in requirement.extras)):
                versions[each] = lowest
    return versions


def main() -> int:
    """Write the file, or check with `--check` that it is current; return the exit status."""
    text = CURRENT.read_text("utf-8")
    for name, version in lowest_versions().items():
        text = re.sub(rf"^{name}==[^ \n]+", f"{name}=={version}", text, flags=re.MULTILINE)
    if "--check" not in sys.argv:
        LOWEST.write_text(text, "utf-8")
    elif LOWEST.read_text("utf-8") != text:
        sys.stderr.write(f"{LOWEST} is not current: run python {sys.argv[0]}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
