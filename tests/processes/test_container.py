"""The image of deploy/Containerfile as deploy/compose.yaml runs it, as docs/containers.md says."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from authsite.models import UserSession
from tests.postgresql import Cluster
from tests.processes.containerfile import CONTAINERFILE, Namespaces, Stage, build
from tests.processes.containers import Service, in_network, proxy_address
from tests.processes.listeners import Listener
from tests.processes.servers import CHEAP_HASHES, NO_MAIL, SECRET, SITE_URL, until
from tests.processes.visitors import Visitor

#: Where the tests put the socket of PostgreSQL.
SOCKET = "/run/postgresql/.s.PGSQL.5432"
CLIENT = "192.0.2.7"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The image, built once."""
    with Namespaces(tmp_path_factory.mktemp("image")) as namespaces:
        yield build(namespaces)


def test_hadolint_accepts_the_containerfile() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), CONTAINERFILE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture
def database(image: Stage) -> Iterator[tuple[sa.Engine, str]]:
    """A new database of PostgreSQL: an engine here, and its URL in the containers."""
    with Cluster() as cluster:
        url = sa.make_url(cluster.new_database())
        run, socket = image.namespaces.run, f"{image.root}{SOCKET}"
        run("mkdir", "-p", str(Path(socket).parent))
        run("touch", socket)
        run("mount", "--bind", f"{url.query['host']}/{Path(SOCKET).name}", socket)
        inside = url.set(query={"host": str(Path(SOCKET).parent)})
        engine = sa.create_engine(url)
        yield engine, inside.render_as_string(hide_password=False)
        engine.dispose()
        run("umount", socket)


def test_image_is_migrated_serves_and_stops(
    image: Stage, database: tuple[sa.Engine, str], tmp_path: Path
) -> None:
    """With a read-only root, secrets in files, and a proxy in its network."""
    engine, url = database
    logs = {name: tmp_path / f"{name}.log" for name in ("migrate", "main")}
    migrate, main = Service(image, "migrate"), Service(image, "main")
    main.prepare({"secret": SECRET, "database-url": url}, **CHEAP_HASHES, **NO_MAIL)
    image.namespaces.run("ip", "address", "add", f"{proxy_address()}/32", "dev", "lo", net=True)

    migrate.start(log=logs["migrate"])
    assert migrate.wait() == 0, logs["migrate"].read_text()
    main.start(log=logs["main"])
    try:
        until(lambda: main.is_healthy, "the health check")
        in_network(image, sign_up)
        assert main.run("id", "--user").stdout.strip() == "10001"
        doctor = main.run("authsite", "doctor", "production.ini").stdout
        assert "[server:main] leaves the proxies to authsite.proxy.trusted" in doctor, doctor
        assert main.run("touch", "/tmp/x").returncode == 0
        assert "Read-only" in main.run("touch", "/srv/authsite/x").stderr
        status = main.stop()
    finally:
        main.kill()
    log = logs["main"].read_text()
    assert status == 0, log
    assert not main.is_healthy
    assert "user_created" in {json.loads(line).get("event") for line in log.splitlines()}, log
    with engine.connect() as connection:
        assert connection.execute(sa.select(UserSession.ip_address)).scalar_one() == CLIENT


def test_image_keeps_sqlite_in_a_volume(image: Stage) -> None:
    """A volume begins with the owner and mode of the folder in the image."""
    run, folder = image.namespaces.run, f"{image.root}/var/lib/authsite"
    owner = run("stat", "--format=uid=%u,gid=%g,mode=%a", folder).strip()
    assert owner == "uid=10001,gid=10001,mode=700"
    run("mount", "-t", "tmpfs", "-o", owner, "none", folder)
    migrate = Service(image, "migrate")
    sqlite = ("--unset=DATABASE_URL_FILE", "DATABASE_URL=sqlite:////var/lib/authsite/site")
    done = migrate.run("env", *sqlite, *migrate.command)
    assert done.returncode == 0, done.stderr
    assert run("stat", "--format=%u %a", f"{folder}/site").strip() == "10001 600"
    run("umount", folder)


def sign_up() -> None:
    """Sign up through the proxy, which names the client."""
    server = Listener()
    server.port = 6543
    headers = [("X-Forwarded-For", CLIENT), ("X-Forwarded-Proto", "https")]
    visitor = Visitor(server, source=proxy_address(), headers=headers)
    answer = visitor.sign_up("ada@example.com")
    assert answer.status == 303
    assert answer.headers["Location"] == f"{SITE_URL}/dashboard"
    assert visitor.is_signed_in
    server.hang_up()
