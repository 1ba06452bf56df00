"""The account site for Pyramid: run it as it is, or include it in an application of your own."""

import os
from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import IExecutionPolicy, IRequestFactory, IRootFactory
from pyramid.response import Response
from pyramid.router import Router, default_execution_policy
from pyramid.tweens import EXCVIEW, MAIN
from zope.interface import Interface

from authsite.http.headers import with_headers
from authsite.http.static import LIFETIME, PREFIX
from authsite.mail.composer import mail_environment
from authsite.resources import (
    LINKS,
    Account,
    Admin,
    Root,
    Sessions,
    Users,
    WellKnown,
    add_child,
)
from authsite.resources.traverser import StrictTraverser
from authsite.security.policy import SecurityPolicy
from authsite.services import Services, build_services
from authsite.settings.loader import SettingError, load_settings
from authsite.settings.schema import Settings
from authsite.telemetry.metrics import Metrics
from authsite.web.reauthentication import RequireReauthentication
from authsite.web.rendering import TEMPLATES
from authsite.web.request import MAIL_TEMPLATES, Request
from authsite.web.transactions import SAFE_METHODS, retry_attempts

#: The order of actions that look at what all others have configured.
LAST = 9999


def main(_global_config: dict[str, str], **settings: Any) -> Router:
    """Return the WSGI application for `pserve` and an ini file.

    A setting that is missing or wrong ends the program with a sentence, not with a traceback.
    """
    with Configurator(settings=settings) as config:
        try:
            config.include("authsite")
        except SettingError as error:
            raise SystemExit(f"authsite: {error}") from None
        return config.make_wsgi_app()


def includeme(config: Configurator) -> None:
    """Make `config` an account site: everything, in the order in which a request meets it."""
    if config.route_prefix:
        raise ConfigurationError(
            "authsite can't be included with a route_prefix. See docs/extending.md."
        )
    settings = load_settings(config.registry.settings, os.environ)
    config.registry["authsite"] = services = build_services(settings, _metrics(config, settings))
    config.set_request_factory(Request)

    config.registry.settings.setdefault("retry.activate_hook", retry_attempts)
    config.include("pyramid_retry")
    config.action(
        None,
        lambda: _put_headers_around(config, services),
        order=LAST,
    )
    config.add_tween("authsite.web.transactions.transaction_tween_factory", over=EXCVIEW)
    config.add_tween("authsite.web.validation.validation_tween_factory", under=EXCVIEW, over=MAIN)

    config.add_directive("add_child", add_child)
    config.set_root_factory(Root)
    config.add_child(Root, "account", Account)
    config.add_child(Account, "sessions", Sessions)
    config.add_child(Root, "admin", Admin)
    config.add_child(Admin, "users", Users)
    config.add_child(Root, ".well-known", WellKnown)
    for name, links in LINKS.items():
        config.add_child(Root, name, links)
    config.add_traverser(StrictTraverser, Interface)

    config.set_security_policy(
        SecurityPolicy(
            services.database,
            cookie=services.session_cookie,
            anonymous_cookie=services.anonymous_cookie,
            timeouts=services.timeouts,
            public_timeouts=services.public_timeouts,
        )
    )
    config.set_default_permission("authenticated")
    config.set_csrf_storage_policy(services.csrf)
    config.set_default_csrf_options(require_csrf=True, check_origin=False)
    config.add_view_deriver(
        RequireReauthentication(), "confirm_password", under="csrf_view", over="owrapped_view"
    )

    for setting in ("jinja2.trim_blocks", "jinja2.lstrip_blocks"):
        config.registry.settings.setdefault(setting, "true")
    config.include("pyramid_jinja2")
    config.add_jinja2_search_path("authsite:templates", name=".jinja2")
    config.action(None, lambda: _keep_templates(config), order=LAST)
    config.add_static_view(
        PREFIX, "authsite:static", cache_max_age=LIFETIME, request_method=("GET", "HEAD")
    )
    config.scan("authsite.views")
    if settings.dev:
        config.include("authsite.views.dev_mail")
    config.action(None, lambda: _check(config), order=LAST)


def _put_headers_around(config: Configurator, services: Services) -> None:
    """Wrap whatever policy there is then: pyramid_retry's, which a host may include as well."""
    retrying = config.registry.getUtility(IExecutionPolicy)
    mail_worker, metrics = services.mail_worker, services.metrics

    def policy(environ: dict[str, Any], router: Router) -> Response:
        # With the first request, and not with the application: commands and tests build one as
        # well, and a server that forks afterwards would leave the thread behind.
        if mail_worker.needs_start:
            mail_worker.start()
        if metrics.needs_start:
            metrics.start()
        if environ["REQUEST_METHOD"] in SAFE_METHODS:  # tried once in any case
            return default_execution_policy(environ, router)
        return retrying(environ, router)

    config.registry.registerUtility(
        with_headers(policy, https=services.settings.https), IExecutionPolicy
    )


def _metrics(config: Configurator, settings: Settings) -> Metrics:
    """Return what counts; loaded by name, since it costs two megabytes where nobody counts."""
    if settings.metrics.listen is None:
        return Metrics()
    try:
        measured = config.maybe_dotted("authsite.telemetry.prometheus.PrometheusMetrics")
    except ImportError:
        raise SettingError(
            "authsite.metrics.listen needs the package prometheus-client. Install "
            "`authsite[metrics]`."
        ) from None
    metrics: Metrics = measured(settings.metrics.listen, throttles=vars(settings.throttle))
    return metrics


def _check(config: Configurator) -> None:
    """Tell a host application at its start what would otherwise break every page."""
    root, request = (config.registry.queryUtility(kind) for kind in (IRootFactory, IRequestFactory))
    if not (isinstance(root, type) and issubclass(root, Root)):
        raise ConfigurationError("the root factory must derive from authsite.resources.Root")
    if not (isinstance(request, type) and issubclass(request, Request)):
        raise ConfigurationError("the request factory must derive from authsite.request.Request")


def _keep_templates(config: Configurator) -> None:
    environment = config.get_jinja2_environment(".jinja2")
    config.registry[TEMPLATES] = environment
    config.registry[MAIL_TEMPLATES] = mail_environment(environment)
