"""A host application, as small as it can be: its dbsession, its pages and how it is built."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
import zope.sqlalchemy
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from pyramid.router import Router
from sqlalchemy.orm import Session, declarative_base
from webtest import TestApp

from authsite.services import Services, services_of
from tests.browsers import Browser

HostBase = declarative_base()


class Order(HostBase):
    """A row of the host."""

    __tablename__ = "order_of_host"
    id = sa.Column(sa.Integer, primary_key=True)
    text = sa.Column(sa.Text, nullable=False)


class Visitor(Browser):
    """A browser at a host application whose account pages are below `/accounts`."""

    def sign_up(self, at: str = "/accounts/sign-up", **values: str) -> Any:
        return super().sign_up(at, **values)

    def sign_in(self, *args: str, at: str = "/accounts/sign-in", **kwargs: str) -> Any:
        return super().sign_in(*args, at=at, **kwargs)

    @property
    def is_signed_in(self) -> bool:
        return self.app.get("/accounts/dashboard", expect_errors=True).status_int == 200


class Host:
    """A host application that has been built."""

    def __init__(self, router: Router, engine: sa.Engine) -> None:
        self.router = router
        self.engine = engine

    @property
    def services(self) -> Services:
        return services_of(self.router.registry)

    def visitor(self, **environ: str) -> Visitor:
        return Visitor(TestApp(self.router, extra_environ=environ))

    def all(self, statement: Any) -> list[Any]:
        """Return the rows of a statement, as another connection sees them."""
        with self.engine.connect() as connection:
            return list(connection.execute(statement))


def use_dbsession(config: Configurator, engine: sa.Engine) -> None:
    """Add `request.dbsession` and pyramid_tm, as Pyramid's cookiecutter does."""
    config.include("pyramid_tm")
    config.add_settings({"tm.manager_hook": "pyramid_tm.explicit_manager"})

    def dbsession(request: Request) -> Session:
        session: Session | None = request.environ.get("app.dbsession")
        if session is None:
            session = Session(engine)
            zope.sqlalchemy.register(session, transaction_manager=request.tm)
        return session

    config.add_request_method(dbsession, reify=True)


def add_page(
    config: Configurator, path: str, view: Callable[[Request], Any], **options: Any
) -> None:
    """Add a page of the host by a route of its own."""
    config.add_route(path, path)
    config.add_view(lambda request: as_response(view(request)), route_name=path, **options)


def as_response(answer: Any) -> Response:
    return answer if isinstance(answer, Response) else Response(str(answer))
