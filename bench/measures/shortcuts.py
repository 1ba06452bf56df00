"""What each optimization saves: a page with it and without it."""
# ruff: noqa: SLF001 - what is replaced is private

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import make_dataclass, replace
from statistics import median
from typing import Any, NamedTuple
from unittest.mock import patch

from jinja2 import Environment
from pyramid.renderers import render_to_response
from sqlalchemy.types import TypeDecorator
from wtforms.widgets import html_params

from authsite.accounts.security_checkup import CHECKUP
from authsite.accounts.sessions import IDENTITY, Identity
from authsite.db.compiled_select import CompiledSelect
from authsite.models.base import UtcDateTime, _from_sqlite
from authsite.services import Services, services_of
from bench.figures import Figure
from bench.in_process import Browser, site
from bench.measures.cpu import page_milliseconds
from bench.rows import verify_emails
from bench.run import Run
from bench.server import new_database

#: Turns for each round that the run gives to a load of some seconds.
_TURNS = 8

_Disabled = Callable[[Services], AbstractContextManager[Any]]


class _Shortcut(NamedTuple):
    """An optimization, its page, and a context manager that disables it."""

    name: str
    page: str
    disabled: _Disabled


def measure(run: Run) -> Iterator[Figure]:
    """Compare each page with and without its optimization."""
    database = new_database(run, "shortcuts")
    turns = replace(run, rounds=run.rounds * _TURNS)
    with site(database) as app:
        owner = Browser(app)
        owner.sign_up()
        verify_emails(database)
        services = services_of(app.registry)
        for shortcut in _SHORTCUTS:
            yield _gain(turns, owner, services, shortcut)


def _gain(run: Run, browser: Browser, services: Services, shortcut: _Shortcut) -> Figure:
    def plain() -> float:
        with shortcut.disabled(services):
            return page_milliseconds(browser, shortcut.page)

    taken = run.take_turns(short=lambda: page_milliseconds(browser, shortcut.page), plain=plain)
    gains = [1 - short / plain for short, plain in zip(taken["short"], taken["plain"], strict=True)]
    return Figure(
        measure=f"CPU time of {shortcut.page} that is saved by {shortcut.name}",
        value=100 * median(gains),
        unit="%",
        note=f"{median(taken['short']):.3f} instead of {median(taken['plain']):.3f} ms",
    )


@contextmanager
def _core_selects(services: Services) -> Iterator[None]:
    """Let SQLAlchemy execute the statements, which it compiles once as well."""
    engine = services.database.read_engine
    statements = {CompiledSelect(each, engine)._sql: each for each in (IDENTITY, CHECKUP)}

    def one_or_none(self: CompiledSelect, **parameters: Any) -> Any:
        with engine.connect() as connection:
            return connection.execute(statements[self._sql], parameters).one_or_none()

    with patch.object(CompiledSelect, "one_or_none", one_or_none):
        yield


@contextmanager
def _connections_from_the_pool(services: Services) -> Iterator[None]:
    with ExitStack() as patches:
        for each in services.database._compiled:
            each.close()
            patches.enter_context(patch.object(each, "_reuses_connections", False))
        yield


@contextmanager
def _times_by_sqlalchemy(services: Services) -> Iterator[None]:
    """Read times as a `TypeDecorator` does that has no result processor of its own."""
    dialect = services.database.read_engine.dialect
    plain = TypeDecorator.result_processor(UtcDateTime().dialect_impl(dialect), dialect, None)
    with ExitStack() as patches:
        for each in services.database._compiled:
            processors = [
                (position, plain if process is _from_sqlite else process)
                for position, process in each._processors
            ]
            patches.enter_context(patch.object(each, "_processors", processors))
        yield


@contextmanager
def _dataclass_identity(_services: Services) -> Iterator[None]:
    fields = [(name, Any) for name in Identity._fields]
    plain: Any = make_dataclass("Identity", fields, frozen=True, slots=True)
    plain.full_name = Identity.full_name
    plain._make = classmethod(lambda cls, values: cls(*values))
    with patch("authsite.accounts.sessions.Identity", plain):
        yield


def _pyramids_renderer(request: Any, template: str, **values: Any) -> Any:
    return render_to_response(f"{template}.jinja2", values, request)


def _template_render(environment: Environment, name: str, **values: Any) -> str:
    return environment.get_template(name).render(**values)


def _patched(target: str, plain: Any) -> _Disabled:
    return lambda _services: patch(target, plain)


_SHORTCUTS = [
    _Shortcut(
        "rendering without Pyramid's renderer",
        "/dashboard",
        _patched("authsite.views.dashboard.page", _pyramids_renderer),
    ),
    _Shortcut(
        "putting globals into the context in one step",
        "/dashboard",
        _patched("authsite.web.rendering._render", _template_render),
    ),
    _Shortcut("selects below SQLAlchemy", "/dashboard", _core_selects),
    _Shortcut("selects below SQLAlchemy", "/account", _core_selects),
    _Shortcut("connections kept by selects", "/dashboard", _connections_from_the_pool),
    _Shortcut("times that are read in one go", "/dashboard", _times_by_sqlalchemy),
    _Shortcut("an identity that is a named tuple", "/dashboard", _dataclass_identity),
    _Shortcut(
        "no transaction for a GET",
        "/dashboard",
        _patched("authsite.web.transactions.SAFE_METHODS", frozenset()),
    ),
    _Shortcut(
        "no retries for a GET",
        "/dashboard",
        _patched("authsite.application.includeme.SAFE_METHODS", frozenset()),
    ),
    _Shortcut(
        "attributes without WTForms",
        "/account",
        _patched("authsite.web.forms._TextInput.html_params", staticmethod(html_params)),
    ),
]
