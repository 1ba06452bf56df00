"""`authsite urls`: every URL of the site."""

import json

from authsite.resources.site_map import endpoints
from tests.shell import run, write_ini


def test_every_url_is_listed_without_a_database(tmp_path, settings_of_tests, application):
    url = {"sqlalchemy.url": f"sqlite:///{tmp_path}/none.sqlite"}
    ini = write_ini(tmp_path / "site.ini", settings_of_tests | url)
    pages = [
        (page.url, page.method, page.permission, page.view)
        for page in endpoints(application.registry)
    ]
    header, *lines = run("urls", ini).stdout.splitlines()
    assert header.split() == ["url", "method", "permission", "view"]
    assert [tuple(line.split()) for line in lines] == pages
    assert len({line.index(page[3]) for line, page in zip(lines, pages, strict=True)}) == 1
    rows = json.loads(run("urls", ini, "--json").stdout)
    assert [tuple(row.values()) for row in rows] == pages
    assert list(rows[0]) == ["url", "method", "permission", "view"]
