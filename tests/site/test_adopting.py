"""An application that does what docs/adopting.md says."""

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from webtest import TestApp

from authsite.services import Services, services_of
from tests.browsers import Browser

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adopting.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
MAIN, POLICY, ROLES, FORBIDDEN, *_ = (text for language, text in BLOCKS if language == "python")
(INI,) = (text for language, text in BLOCKS if language == "ini")

#: What the application has without authsite.
ROUTES = """
from pyramid.view import view_config


def includeme(config):
    config.add_route("orders", "/orders")
    config.add_route("stock", "/stock")


@view_config(route_name="orders", permission="authenticated", renderer="string")
def orders(request):
    return f"orders of {request.authsite.identity.email}"


@view_config(route_name="stock", permission="count", renderer="string")
def stock(request):
    return request.identity
"""


def settings_of_page() -> dict[str, str]:
    return dict(line.split(" = ") for line in INI.splitlines())


@pytest.fixture
def new_shop(
    tmp_path: Path, database_url: str, settings_of_tests: dict[str, str], services: Services
) -> Iterator[Callable[..., Browser]]:
    """Return a function that opens a browser at the application of the page, with more modules."""
    made = []

    def open_shop(**modules: str) -> Browser:
        folder = tmp_path / "shop"
        folder.mkdir()
        sources = {"__init__": MAIN, "models": "def includeme(config): ...", "routes": ROUTES}
        for name, source in (sources | modules).items():
            (folder / f"{name}.py").write_text(source, "utf-8")
        shop: ModuleType = importlib.import_module("shop")
        settings = settings_of_tests | settings_of_page() | {"sqlalchemy.url": database_url}
        # That of the page is published with authsite, so that it is refused.
        settings["authsite.secret"] = settings_of_tests["authsite.secret"]
        made.append(shop.main({}, **settings))
        environ = {"HTTP_HOST": "example.com", "wsgi.url_scheme": "https"}
        return Browser(TestApp(made[-1], extra_environ=environ))

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        yield open_shop
    for application in made:
        services_of(application.registry).dispose()
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


def test_two_lines_and_three_settings_protect_a_page(new_shop: Callable[..., Browser]) -> None:
    shop = new_shop()
    sent = shop.get("/orders")
    assert sent.location == "https://example.com/accounts/sign-in?next=%2Forders"
    assert shop.sign_up(at="/accounts/sign-up").location == "https://example.com/orders"
    assert shop.get("/orders").text == "orders of ada@example.com"
    assert shop.get("/stock", expect_errors=True).status_int == 403


@pytest.mark.one_database
def test_forbidden_page_of_the_application_is_shown(new_shop: Callable[..., Browser]) -> None:
    page = FORBIDDEN.replace("forbidden.jinja2", "string")
    shop = new_shop(
        __init__=MAIN.replace(
            '        config.add_forbidden_view("authsite.send_to_sign_in")\n', ""
        ),
        pages=page,
    )
    assert shop.get("/orders").location.endswith("/accounts/sign-in?next=%2Forders")
    shop.sign_up(at="/accounts/sign-up")
    refused = shop.get("/stock", expect_errors=True)
    assert (refused.status_int, refused.text) == (403, "{}")


@pytest.mark.one_database
def test_roles_of_the_application_are_principals(new_shop: Callable[..., Browser]) -> None:
    routes = ROUTES.replace('"/stock"', '"/stock", factory=Stock')
    acl = (
        "class Stock:\n"
        '    __acl__ = [("Allow", "role:keeper", "count")]\n'
        "    def __init__(self, request): ...\n"
    )
    roles = ROLES.replace("request.authsite.user.roles", "keepers(request.authsite.user)")
    keepers = (
        "from types import SimpleNamespace\n"
        "def keepers(user):\n"
        '    return [SimpleNamespace(name="keeper")] if user.first_name == "Ada" else []\n'
    )
    indented = "".join(f"    {line}\n" for line in roles.splitlines())
    shop = new_shop(
        __init__=MAIN.replace(
            'config.include(".routes")',
            'config.include(".routes")\n        config.include(".roles")',
        ),
        routes=acl + routes.replace("return request.identity", "return request.identity.email"),
        roles=f"{keepers}\ndef includeme(config):\n{indented}",
    )
    shop.sign_up(at="/accounts/sign-up")
    assert shop.get("/stock").text == "ada@example.com"
    shop.app.reset()
    shop.sign_up(at="/accounts/sign-up", email="eve@example.com", first_name="Eve")
    assert shop.get("/stock", expect_errors=True).status_int == 403


@pytest.mark.one_database
def test_policy_of_the_application_asks_authsite(new_shop: Callable[..., Browser]) -> None:
    customer = "from types import SimpleNamespace as Customer\n"
    permits = (
        "\n    def permits(self, request, context, permission):\n"
        "        return self.identity(request) is not None\n"
        "\n\ndef includeme(config):\n    config.set_security_policy(Policy())\n"
    )
    policy = POLICY.replace("request.dbsession.get(Customer, ", "Customer(id=")
    shop = new_shop(
        __init__=MAIN.replace('".models")', '".models")\n        config.include(".security")'),
        security=customer + policy + permits,
        routes=ROUTES.replace("return request.identity", "return request.identity.id"),
    )
    assert shop.get("/stock").location.endswith("/accounts/sign-in?next=%2Fstock")
    shop.sign_up(at="/accounts/sign-up")
    assert len(shop.get("/stock").text) == 16
