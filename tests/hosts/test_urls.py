"""`authsite urls` lists the pages of the host application, too."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.response import Response

from authsite.resources.route_map import all_endpoints
from authsite.services import services_of
from tests.hosts.conftest import EXAMPLES, in_shell


@pytest.fixture
def listed(copied: Callable[[Path], Path]) -> Callable[[str], dict[tuple[str, str], str]]:
    """Return a function for the permissions of all pages of an example, by URL and method."""

    def permissions(example: str) -> dict[tuple[str, str], str]:
        (ini,) = copied(EXAMPLES / example).glob("*.ini")
        authsite = str(Path(sys.executable).with_name("authsite"))
        rows = json.loads(in_shell(ini, authsite, "urls", ini.name, "--json"))
        return {(row["url"], row["method"]): row["permission"] for row in rows}

    return permissions


def test_routes_are_listed_with_permissions(listed: Callable[[str], Any]) -> None:
    pages = listed("cookiecutter")
    assert pages["/", "GET"] == "none"
    assert pages["/orders", "POST"] == "authenticated"
    assert pages["/desk", "GET"] == "deliver"
    assert pages["/static/*subpath", "any"] == "none"
    assert ("/.well-known/change-password", "GET") in pages


def test_trees_are_listed_with_permissions(listed: Callable[[str], Any]) -> None:
    pages = listed("wiki")
    assert pages["/accounts/sign-in", "POST"] == "anonymous"
    assert pages["/accounts/account/sessions/{id}/end", "POST"] == "authenticated"
    assert pages["{Wiki}", "GET"] == "view"
    assert pages["{Page}/delete", "POST"] == "delete"


def test_views_of_routes_are_listed(settings_of_tests: dict[str, str], tmp_path: Path) -> None:
    def view(_request: Any) -> Response:
        return Response("")

    class Views:
        def __init__(self, request: Any) -> None: ...

        __call__ = save = view

    url = {"sqlalchemy.url": f"sqlite:///{tmp_path}/none.sqlite"}
    with Configurator(settings=settings_of_tests | url) as config:
        config.include("authsite", route_prefix="accounts")
        config.add_route("notes", "notes/{id}", request_method=("GET", "PUT"))
        config.add_view(Views, route_name="notes", permission="read")
        config.add_view(Views, attr="save", route_name="notes", request_method="POST")
        config.add_exception_view(view, context=ValueError, route_name="notes")
        config.add_route("unused", "/unused")
    services_of(config.registry).dispose()
    pages = [page for page in all_endpoints(config.registry) if page.url.startswith("/notes")]
    found = [(page.url, page.method, page.permission, page.view) for page in pages]
    name = f"{__name__}.{Views.__qualname__}"
    assert found == [
        ("/notes/{id}", "GET", "read", name),
        ("/notes/{id}", "POST", "none", f"{name}.save"),
        ("/notes/{id}", "PUT", "read", name),
    ]
