"""The packages; setup.cfg has everything else.

In a checkout the migrations are in alembic/, and a wheel has them in the package.
"""

from setuptools import find_packages, setup

MIGRATIONS = "authsite.migrations"

setup(
    packages=[
        *find_packages(include=["authsite", "authsite.*"]),
        MIGRATIONS,
        f"{MIGRATIONS}.versions",
    ],
    package_dir={MIGRATIONS: "alembic"},
)
