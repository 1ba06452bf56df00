"""Sites without a fault, or with one."""

import configparser
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from authsite.doctor.subject import Subject
from tests.smtp import Certificates

APP = {
    "use": "egg:authsite",
    "authsite.site.url": "https://accounts.example.com",
    "authsite.secret": secrets.token_urlsafe(32),
    "authsite.mail.host": "localhost",
}
PROXY = {
    "trusted_proxy": "127.0.0.1",
    "trusted_proxy_headers": "x-forwarded-for x-forwarded-proto",
    "clear_untrusted_proxy_headers": "true",
}
SERVER = PROXY | {
    "use": "egg:waitress#main",
    "listen": "127.0.0.1:6543",
    "threads": "300",
    "connection_limit": "1000",
    "channel_timeout": "20",
    "max_request_body_size": "65536",
    "ident": "",
}


@pytest.fixture
def a_subject(tmp_path: Path) -> Callable[..., Subject]:
    """Write the ini file of a site without a fault, with these lines changed; None removes one."""

    def make(
        *,
        app: dict[str, str | None] | None = None,
        server: dict[str, str | None] | None = None,
        more: dict[str, dict[str, str]] | None = None,
        **options: Any,
    ) -> Subject:
        sections = {
            "app:main": APP | {"sqlalchemy.url": f"sqlite:///{tmp_path}/site.sqlite"} | (app or {}),
            "server:main": SERVER | (server or {}),
        } | (more or {})
        ini = configparser.RawConfigParser()
        for name, lines in sections.items():
            ini[name] = {
                key: value.replace("%", "%%") for key, value in lines.items() if value is not None
            }
        path = tmp_path / "site.ini"
        with path.open("w") as file:
            ini.write(file)
        return Subject(**{"ini": str(path), "environ": {}} | options)

    return make


@pytest.fixture
def migrated(tmp_path: Path, migrate: Callable[[str], None], a_subject) -> Subject:
    """A site without a fault, on an SQLite file at the head of the migrations."""
    subject = a_subject()
    migrate(f"sqlite:///{tmp_path}/site.sqlite")
    return subject


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority of the tests' own."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Path]:
    """A folder that others can enter, to the root of all."""
    changed = []
    for folder in (tmp_path, *tmp_path.parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            changed.append((folder, mode))
            folder.chmod(mode | stat.S_IXOTH)
    yield tmp_path
    for folder, mode in changed:
        folder.chmod(mode)
