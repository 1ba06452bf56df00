"""The recipes of docs/look.md work in Chromium, on a phone and on a desktop."""

import importlib
import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page
from waitress.server import create_server

from authsite.services import services_of
from tests.browser.actions import Person, fill_in, press
from tests.browser.test_accessibility import VIOLATIONS
from tests.browsers import PASSWORD

ROOT = Path(__file__).parents[2]
#: Where `make styles` puts the files of both projects.
STYLES = ROOT / ".cache" / "styles"
_STYLES_ARE_MISSING = "Bootstrap and Pico are missing. To get them with npm: make styles"
DOCS = (ROOT / "docs" / "look.md").read_text("utf-8")
[MAIN] = re.findall(
    r"^`myapp/__init__.py`[^\n]*\n\n```python\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL
)
FILES = re.compile(
    r"^`(myapp/[a-z/_]+\.(?:jinja2|css))`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
RECIPES = {"Bootstrap": "bootstrap.min.css", "Pico": "pico.min.css"}
WIDTHS = (360, 1280)


@pytest.fixture(params=RECIPES)
def recipe(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    settings_of_tests: dict[str, str],
    migrate: Callable[[str], None],
) -> Iterator[str]:
    """The origin of an application with this recipe, as the page documents it."""
    sheet = STYLES / RECIPES[request.param]
    if not sheet.exists():
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop(_STYLES_ARE_MISSING)
    section = DOCS.partition(f"\n## {request.param}\n")[2].partition("\n## ")[0]
    files = FILES.findall(section)
    assert len(files) == 2
    for name, text in [*files, ("myapp/__init__.py", MAIN)]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    shutil.copy(sheet, tmp_path / "myapp" / "static")
    url = f"sqlite:///{tmp_path}/site.sqlite"
    migrate(url)
    settings = settings_of_tests | {
        "sqlalchemy.url": url,
        "authsite.dev": "true",
        "authsite.headers.csp_img_src": "data:",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        application = importlib.import_module("myapp").main({}, **settings)
        server = create_server(application, host="127.0.0.1", port=0, threads=4)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        yield f"http://localhost:{server.effective_port}"
        server.close()
        services_of(application.registry).dispose()
        del sys.modules["myapp"]


def states(page: Page, origin: str) -> Iterator[str]:
    """Bring the page into the states of its components, one after the other."""

    def at(path: str) -> str:
        page.goto(f"{origin}/accounts{path}")
        return path

    yield at("/")
    yield at("/sign-in")
    at("/sign-up")
    press(page, "Sign up")
    yield "errors"
    person = Person("Wilhelmina" * 4, "Vandersloo" * 4)
    fill_in(page, person.sign_up_fields, "Sign up")
    page.wait_for_url("**/accounts/dashboard")
    for path in ("/dashboard", "/account", "/account/password", "/account/close", "/nothing"):
        yield at(path)
    for path in ("/account/sessions", "/account/history", "/verify-email", "/sign-out"):
        yield at(path)
    at("/account")
    fill_in(page, {"First name": "Ada"}, "Save name")
    yield "flash message"
    at("/account/close")
    fill_in(page, {"Password": PASSWORD}, "Close account")
    yield "signed out"


def test_recipe_works_on_phone_and_desktop(recipe: str, new_page: Callable[..., Any]) -> None:
    """Nothing is blocked, nothing is cut off, and axe finds no violation."""
    page = new_page(javascript=True, reduced_motion="reduce")
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    for state in states(page, recipe):
        page.evaluate(AXE_SCRIPT)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") == width, (state, width)
            assert page.evaluate(VIOLATIONS) == [], (state, width)
    assert [each for each in messages if "Content Security Policy" in each] == []
