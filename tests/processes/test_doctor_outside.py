"""`authsite doctor --outside` on a site behind deploy/nginx.conf."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from authsite.doctor.checks import CHECKS
from authsite.doctor.examine import examine
from authsite.doctor.finding import Status
from authsite.doctor.subject import Subject
from tests.name_server import lead
from tests.processes.nginx import Nginx
from tests.processes.servers import HOST, NO_MAIL, PRODUCTION, SECRET, SITE_URL, Server
from tests.processes.servers import trusting_a_proxy as trusting

#: The line of nginx about a probe that it refuses.
REFUSED = "access forbidden by rule"
#: The IP address of a client that may not probe.
ELSEWHERE = "127.0.0.9"


@pytest.fixture(scope="module")
def nginx(
    tmp_path_factory: pytest.TempPathFactory, migrate: Callable[[str], None]
) -> Iterator[Nginx]:
    """The proxy with a server behind it."""
    folder = tmp_path_factory.mktemp("outside")
    url = f"sqlite:///{folder}/authsite.sqlite"
    migrate(url)
    with (
        Server(folder, url, edit=trusting) as server,
        Nginx(folder, server, may_log=(REFUSED,)) as nginx,
    ):
        yield nginx


@pytest.fixture
def found(
    nginx: Nginx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], dict[str, Status]]:
    """Return a function for what a client with an IP address finds from outside."""
    monkeypatch.setenv("SSL_CERT_FILE", str(nginx.authority))
    environ = NO_MAIL | {"AUTHSITE_SECRET": SECRET, "AUTHSITE_SITE_URL": SITE_URL}
    environ |= {"DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite"}
    subject = Subject(ini=str(PRODUCTION), environ=environ, outside=True)

    def look(source: str) -> dict[str, Status]:
        ports = {80: nginx.plain.port, 443: nginx.port}
        lead(monkeypatch, HOST, ports, source=source)
        checks = [each for each in CHECKS if each.outside]
        return {each.check: each.status for each in examine(subject, checks=checks)}

    return look


def test_shipped_proxy_passes_from_outside(found: Callable[[str], dict[str, Status]]) -> None:
    statuses = found(ELSEWHERE)
    assert len(statuses) == 7
    assert set(statuses.values()) == {Status.OK}, statuses


def test_probes_that_anyone_reaches_are_found(found: Callable[[str], dict[str, Status]]) -> None:
    """As if the shipped proxy allowed every machine what it allows this one."""
    statuses = found("127.0.0.1")
    assert [name for name in statuses if statuses[name] is Status.WARN] == ["public probes"]
