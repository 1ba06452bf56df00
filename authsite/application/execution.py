"""How a request for authsite is executed: retried while the database is busy, with our headers."""

from typing import Any

from pyramid.config import Configurator
from pyramid.interfaces import IExecutionPolicy
from pyramid.response import Response
from pyramid.router import Router, default_execution_policy
from pyramid_retry import RetryableExecutionPolicy
from sqlalchemy.orm import Session
from transaction import TransactionManager, manager

from authsite.db.joined import joined
from authsite.http.headers import (
    content_security_policy,
    with_headers,
    without_headers_of_host,
)
from authsite.http.methods import SAFE_METHODS
from authsite.http.proxies import behind_proxies
from authsite.services import Services


def set_execution_policy(config: Configurator, services: Services) -> None:
    """Execute requests for authsite by its own policy, and all others as the host does.

    Outermost, but for metrics, is the policy for proxies, so that everything else sees the client.
    """
    registry = config.registry
    host_policy = registry.queryUtility(IExecutionPolicy) or default_execution_policy
    settings = services.settings
    retry = RetryableExecutionPolicy(attempts=settings.database.attempts)

    def retried(environ: dict[str, Any], router: Router) -> Response:
        # Never retried: without pyramid_retry, the dashboard takes 4 % less CPU time.
        if environ["REQUEST_METHOD"] in SAFE_METHODS:
            return default_execution_policy(environ, router)
        return retry(environ, router)

    headers = settings.headers
    content_policy = content_security_policy(
        style=headers.csp_style_src,
        font=headers.csp_font_src,
        img=headers.csp_img_src,
        script=headers.csp_script_src,
    )
    executed = retried if services.own_urls.are_all else without_headers_of_host(retried)
    own = with_headers(executed, https=settings.https, content_policy=content_policy)
    if settings.proxy.trusted is not None:
        own = behind_proxies(own, settings.proxy.trusted, count=settings.proxy.count)
    own = services.metrics.measured(own)

    def policy(environ: dict[str, Any], router: Router) -> Response:
        execute = own if services.own_urls.include(environ) else host_policy
        # pyramid_tm of an outer application sets `tm.active` as well, but only WebTest the other.
        if "tm.active" not in environ or "paste.testing" not in environ:
            return execute(environ, router)
        token = joined.set(dbsession_of_test(environ, services))
        try:
            return execute(environ, router)
        finally:
            joined.reset(token)

    registry.registerUtility(policy, IExecutionPolicy)


def dbsession_of_test(environ: dict[str, Any], services: Services) -> Session:
    """Return the dbsession of a test that manages the transaction of its requests itself."""
    dbsession: Session | None = environ.get("app.dbsession")
    return dbsession or _dbsession_of(environ.get("tm.manager") or manager, services)


def _dbsession_of(transaction_manager: TransactionManager, services: Services) -> Session:
    """Return authsite's own dbsession of a transaction, the same one for all its requests."""
    transaction, database = transaction_manager.get(), services.database
    try:
        dbsession: Session = transaction.data(database)
    except KeyError:
        dbsession = database.write_dbsession(transaction_manager)
        transaction.set_data(database, dbsession)
    return dbsession
