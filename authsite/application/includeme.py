"""Everything that authsite adds to a Pyramid configuration."""

import os
from collections.abc import Callable, Iterable

from pyramid.config import PHASE2_CONFIG, Configurator
from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import ISecurityPolicy
from pyramid.request import Request as PyramidRequest
from pyramid.tweens import EXCVIEW, INGRESS, MAIN
from pyramid.viewderivers import INGRESS as VIEW_INGRESS

from authsite.accounts.email_links import Purpose
from authsite.application import background
from authsite.application.execution import set_execution_policy
from authsite.application.host_dbsession import host_engine
from authsite.application.templates import register_templates
from authsite.application.urls import (
    OwnUrlPredicate,
    first_segments,
    leave_to_host,
    order_routes,
)
from authsite.application.well_known import add_well_known_urls
from authsite.http.own_urls import OwnUrls, prefix_of
from authsite.http.static import PREFIX as STATIC
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
from authsite.resources.static_files import StaticFiles
from authsite.resources.traverser import StrictTraverser
from authsite.security.policy import HOST_PRINCIPALS, GuardingPolicy, SecurityPolicy
from authsite.services import build_services, services_of
from authsite.settings.loader import SettingError, load_settings
from authsite.settings.schema import Settings
from authsite.telemetry.metrics import Metrics
from authsite.web.account_views import RecordAccountViews
from authsite.web.authentication import DEFAULT_STAGES, STAGES
from authsite.web.csrf import CheckCsrf
from authsite.web.form_bodies import CheckFormBody
from authsite.web.reauthentication import RequireReauthentication
from authsite.web.repeated_forms import RecordAnswer
from authsite.web.request import AuthsiteRequest
from authsite.web.sign_up_form import SignUpForm, problem_of, set_sign_up_form
from authsite.web.site_views import ROUTE

#: The order of the action that wraps the security policy: those of views follow and need it.
_AFTER_POLICY = PHASE2_CONFIG + 5
#: The order of actions that run after all others.
_LAST = 9999


def includeme(config: Configurator) -> None:
    """Add authsite to an application, which keeps everything of its own.

    `route_prefix` moves authsite's pages. The order in which the host includes its parts makes no
    difference: what depends on them is done when the configuration is complete.
    """
    add_authsite(config, is_standalone=False)


def add_authsite(config: Configurator, *, is_standalone: bool) -> None:
    """Add authsite to an application, or make it the whole application."""
    settings = load_settings(config.registry.settings, os.environ)
    try:
        prefix = prefix_of(config.route_prefix)
    except ValueError as error:
        raise ConfigurationError(f"authsite: {error}") from None
    well_known = () if is_standalone else add_well_known_urls(config, settings)
    _add_tree(config, is_standalone=is_standalone, has_prefix=bool(prefix))
    _add_view_options(config)
    _add_tweens(config)
    config.include("pyramid_jinja2")
    config.add_jinja2_search_path("authsite:templates", name=".jinja2")
    config.scan("authsite.views")
    if settings.dev:
        config.include("authsite.views.dev_mail")
    config.add_directive("set_authsite_principals", set_authsite_principals)
    config.add_directive("set_authsite_sign_up_form", set_authsite_sign_up_form)
    config.registry[STAGES] = DEFAULT_STAGES
    set_sign_up_form(config.registry, SignUpForm)
    if not is_standalone:
        config.add_request_method(AuthsiteRequest, "authsite", reify=True)
    config.action(None, lambda: _wrap_policy(config), order=_AFTER_POLICY)
    metrics = _build_metrics(config, settings)

    def complete() -> None:
        names = None if is_standalone or prefix else {STATIC, *first_segments(config.registry)}
        own_urls = OwnUrls(prefix, names, well_known=leave_to_host(config, well_known))
        config.registry["authsite"] = services = build_services(
            settings,
            metrics,
            own_urls=own_urls,
            host_engine=host_engine(config),
        )
        order_routes(config, own_urls)
        register_templates(config)
        set_execution_policy(config, services)

    config.action(("authsite", "complete"), complete, order=_LAST)
    config.add_subscriber(_schedule_background, ApplicationCreated)


def set_authsite_principals(
    config: Configurator, principals: Callable[[PyramidRequest], Iterable[str]]
) -> None:
    """Add the principals that `principals(request)` returns for a signed-in user (a directive).

    ACLs can name them: the roles of the application, for example.
    """
    principals = config.maybe_dotted(principals)
    config.action(
        "authsite principals",
        lambda: config.registry.__setitem__(HOST_PRINCIPALS, principals),
    )


def set_authsite_sign_up_form(config: Configurator, form: type[SignUpForm]) -> None:
    """Let people sign up by another form, which derives from `SignUpForm` (a directive).

    Subscribers of `AccountEvent` get the values of its added fields with the event `SIGNED_UP`.
    """
    form = config.maybe_dotted(form)
    problem = problem_of(form)
    if problem:
        raise ConfigurationError(f"set_authsite_sign_up_form({form!r}): {problem}")
    config.action("authsite sign-up form", lambda: set_sign_up_form(config.registry, form))


def _add_tree(config: Configurator, *, is_standalone: bool, has_prefix: bool) -> None:
    config.add_route_predicate("is_authsite_url", OwnUrlPredicate)
    options = {} if is_standalone or has_prefix else {"is_authsite_url": True}
    # A stand-alone site is its tree, so that views which name no route belong to it.
    config.add_route(ROUTE, "/*traverse", factory=Root, use_global_views=is_standalone, **options)
    config.add_directive("add_child", add_child)
    config.add_child(Root, "account", Account)
    config.add_child(Account, "sessions", Sessions)
    config.add_child(Root, "admin", Admin)
    config.add_child(Admin, "users", Users)
    config.add_child(UserResource, "sessions", SessionsOfUser)
    config.add_child(UserResource, "emails", EmailsOfUser)
    config.add_child(Root, ".well-known", WellKnown)
    config.add_child(Root, STATIC, StaticFiles)
    for purpose in Purpose:
        config.add_child(Root, purpose.url_name, links_of(purpose))
    config.add_view_predicate("purpose", PurposePredicate)
    config.add_traverser(StrictTraverser, Root)


def _add_view_options(config: Configurator) -> None:
    """Add what is around authsite's views, in the order in which a request passes it."""
    config.add_view_deriver(CheckFormBody(), "form_body", under=VIEW_INGRESS, over="secured_view")
    config.add_view_deriver(CheckCsrf(), "authsite_csrf", under="csrf_view", over="owrapped_view")
    config.add_view_deriver(
        RecordAnswer(), "repeatable", under="authsite_csrf", over="owrapped_view"
    )
    config.add_view_deriver(
        RequireReauthentication(), "confirm_password", under="authsite_csrf", over="owrapped_view"
    )
    config.add_view_deriver(
        RecordAccountViews(), "account_view", under="confirm_password", over="owrapped_view"
    )


def _add_tweens(config: Configurator) -> None:
    config.add_tween(
        "authsite.web.transactions.transaction_tween_factory",
        under=INGRESS,
        over=("pyramid_tm.tm_tween_factory", EXCVIEW),
    )
    config.add_tween("authsite.web.validation.validation_tween_factory", under=EXCVIEW, over=MAIN)
    config.add_tween(
        "authsite.web.repeated_forms.repeated_forms_tween_factory",
        under="authsite.web.validation.validation_tween_factory",
        over=MAIN,
    )


def _wrap_policy(config: Configurator) -> None:
    """Let ACLs decide about authsite's resources, and the policy of the host about the rest."""
    registry = config.registry
    policy = registry.queryUtility(ISecurityPolicy) or SecurityPolicy()
    registry.registerUtility(GuardingPolicy(policy), ISecurityPolicy)


def _schedule_background(event: ApplicationCreated) -> None:
    services = services_of(event.app.registry)
    background.Background(
        services.workers,
        listener=services.metrics,
        forget_connections=services.forget_connections,
    ).schedule()


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
