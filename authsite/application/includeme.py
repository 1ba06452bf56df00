"""Everything that authsite adds to a Pyramid configuration."""

import os
from typing import Any

from pyramid.config import Configurator
from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import IExecutionPolicy, IRequestFactory, IRootFactory
from pyramid.response import Response
from pyramid.router import Router, default_execution_policy
from pyramid.tweens import EXCVIEW, MAIN
from pyramid.viewderivers import INGRESS
from zope.interface import Interface

from authsite.accounts.email_links import Purpose
from authsite.application import background
from authsite.http.headers import with_headers
from authsite.http.proxies import behind_proxies
from authsite.http.static import LIFETIME, PREFIX
from authsite.mail.composer import mail_environment
from authsite.resources import (
    Account,
    Admin,
    EmailsOfUser,
    Root,
    Sessions,
    SessionsOfUser,
    UserResource,
    Users,
    WellKnown,
    add_child,
)
from authsite.resources.email_links import PurposePredicate, links_of
from authsite.resources.traverser import StrictTraverser
from authsite.security.policy import SecurityPolicy
from authsite.security.replicated_identities import ReplicatedIdentities
from authsite.services import Services, build_services, services_of
from authsite.settings.loader import SettingError, load_settings
from authsite.settings.schema import Settings
from authsite.telemetry.metrics import Metrics
from authsite.tokens import derive_key
from authsite.web.account_views import RecordAccountViews
from authsite.web.authentication import DEFAULT_STAGES, STAGES
from authsite.web.form_bodies import CheckFormBody
from authsite.web.reauthentication import RequireReauthentication
from authsite.web.rendering import TEMPLATES
from authsite.web.repeated_forms import RecordAnswer
from authsite.web.request import MAIL_TEMPLATES, Request
from authsite.web.transactions import SAFE_METHODS, retry_attempts

#: The order of actions that run after all others.
LAST = 9999


def includeme(config: Configurator) -> None:
    """Configure authsite, in the order in which its parts see a request."""
    if config.route_prefix:
        raise ConfigurationError("authsite takes no route_prefix; see docs/adopting.md")
    settings = load_settings(config.registry.settings, os.environ)
    config.registry["authsite"] = services = build_services(
        settings, _build_metrics(config, settings)
    )
    config.set_request_factory(Request)

    config.registry.settings.setdefault("retry.activate_hook", retry_attempts)
    config.include("pyramid_retry")
    config.action(
        None,
        lambda: _add_headers(config, services),
        order=LAST,
    )
    config.add_tween("authsite.web.transactions.transaction_tween_factory", over=EXCVIEW)
    config.add_tween("authsite.web.validation.validation_tween_factory", under=EXCVIEW, over=MAIN)
    config.add_tween(
        "authsite.web.repeated_forms.repeated_forms_tween_factory",
        under="authsite.web.validation.validation_tween_factory",
        over=MAIN,
    )

    config.add_directive("add_child", add_child)
    config.set_root_factory(Root)
    config.add_child(Root, "account", Account)
    config.add_child(Account, "sessions", Sessions)
    config.add_child(Root, "admin", Admin)
    config.add_child(Admin, "users", Users)
    config.add_child(UserResource, "sessions", SessionsOfUser)
    config.add_child(UserResource, "emails", EmailsOfUser)
    config.add_child(Root, ".well-known", WellKnown)
    for purpose in Purpose:
        config.add_child(Root, purpose.url_name, links_of(purpose))
    config.add_view_predicate("purpose", PurposePredicate)
    config.add_traverser(StrictTraverser, Interface)

    config.set_security_policy(
        SecurityPolicy(
            services.database,
            replicated=_replicated_identities(services),
            cookie=services.session_cookie,
            anonymous_cookie=services.anonymous_cookie,
            settings=settings.session,
            key=derive_key(settings.secret, b"session"),
        )
    )
    config.registry[STAGES] = DEFAULT_STAGES
    config.set_default_permission("authenticated")
    config.set_csrf_storage_policy(services.csrf)
    config.set_default_csrf_options(require_csrf=True, check_origin=False)
    config.add_view_deriver(CheckFormBody(), "form_body", under=INGRESS, over="secured_view")
    config.add_view_deriver(RecordAnswer(), "repeatable", under="csrf_view", over="owrapped_view")
    config.add_view_deriver(
        RequireReauthentication(), "confirm_password", under="csrf_view", over="owrapped_view"
    )
    config.add_view_deriver(
        RecordAccountViews(), "account_view", under="confirm_password", over="owrapped_view"
    )

    for setting in ("jinja2.trim_blocks", "jinja2.lstrip_blocks"):
        config.registry.settings.setdefault(setting, "true")
    config.include("pyramid_jinja2")
    config.add_jinja2_search_path("authsite:templates", name=".jinja2")
    config.action(None, lambda: _register_templates(config), order=LAST)
    config.add_static_view(
        PREFIX, "authsite:static", cache_max_age=LIFETIME, request_method=("GET", "HEAD")
    )
    config.scan("authsite.views")
    if settings.dev:
        config.include("authsite.views.dev_mail")
    config.action(None, lambda: _check_factories(config), order=LAST)
    config.add_subscriber(_schedule_background, ApplicationCreated)


def _schedule_background(event: ApplicationCreated) -> None:
    services = services_of(event.app.registry)
    background.Background(
        services.workers,
        listener=services.metrics,
        forget_connections=services.forget_connections,
    ).schedule()


def _add_headers(config: Configurator, services: Services) -> None:
    """Wrap the execution policy of pyramid_retry, which a host application may include as well.

    Outermost, but for metrics, is the policy for proxies, so that everything else sees the client.
    """
    retry_policy = config.registry.getUtility(IExecutionPolicy)

    def policy(environ: dict[str, Any], router: Router) -> Response:
        # Never retried: without pyramid_retry, the dashboard takes 4 % less CPU time.
        if environ["REQUEST_METHOD"] in SAFE_METHODS:
            return default_execution_policy(environ, router)
        return retry_policy(environ, router)

    settings = services.settings
    execute = with_headers(policy, https=settings.https)
    if settings.proxy.trusted is not None:
        execute = behind_proxies(execute, settings.proxy.trusted, count=settings.proxy.count)
    config.registry.registerUtility(services.metrics.measured(execute), IExecutionPolicy)


def _replicated_identities(services: Services) -> ReplicatedIdentities | None:
    replica = services.replica
    return ReplicatedIdentities(replica, services.flash) if replica else None


def _build_metrics(config: Configurator, settings: Settings) -> Metrics:
    """Return the metrics; prometheus-client takes two megabytes, so that it loads only if used."""
    if settings.metrics.listen is None:
        return Metrics()
    try:
        metrics_class = config.maybe_dotted("authsite.telemetry.prometheus.PrometheusMetrics")
    except ImportError:
        raise SettingError(
            "authsite.metrics.listen needs the package prometheus-client: install "
            "`authsite[metrics]`."
        ) from None
    limits = vars(settings.throttle)
    metrics: Metrics = metrics_class(settings.metrics.listen, throttles=limits)
    return metrics


def _check_factories(config: Configurator) -> None:
    """Refuse factories of a host application with which every page would fail."""
    root, request = map(config.registry.queryUtility, (IRootFactory, IRequestFactory))
    if not (isinstance(root, type) and issubclass(root, Root)):
        raise ConfigurationError("the root factory must derive from authsite.resources.Root")
    if not (isinstance(request, type) and issubclass(request, Request)):
        raise ConfigurationError(
            "the request factory must derive from authsite.web.request.Request"
        )


def _register_templates(config: Configurator) -> None:
    environment = config.get_jinja2_environment(".jinja2")
    config.registry[TEMPLATES] = environment
    config.registry[MAIL_TEMPLATES] = mail_environment(environment)
