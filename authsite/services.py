"""The parts that one running site is made of, put together from its settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyramid.registry import Registry

from authsite.accounts.sessions import Limits
from authsite.accounts.users import CREDENTIAL
from authsite.audit.event_types import AccountEvent, EndReason
from authsite.audit.recorder import log_event
from authsite.db.compiled_select import CompiledSelect
from authsite.db.engines import Database
from authsite.http.cookies import Cookie
from authsite.http.flash import Flash
from authsite.http.hosts import Hosts
from authsite.http.static import Assets, find_assets
from authsite.mail.worker import Courier, build_courier
from authsite.passwords.hasher import PasswordHasher
from authsite.passwords.policy import PasswordPolicy
from authsite.purging.purger import Sweeper
from authsite.security.csrf import CsrfPolicy
from authsite.security.device_cookie import Devices
from authsite.settings.schema import Settings
from authsite.telemetry.metrics import Metrics
from authsite.telemetry.readiness import Readiness
from authsite.throttling.throttles import HELD_UP, Throttles
from authsite.tokens import key_for

#: On a public computer a visit is written down so often in the time after which the session would
#: end without one, so that it ends hardly earlier than it should.
VISITS_WRITTEN_DOWN = 15


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the requests of one process share; found as `request.site`."""

    settings: Settings
    database: Database
    credentials: CompiledSelect
    hasher: PasswordHasher
    throttles: Throttles
    devices: Devices
    password_policy: PasswordPolicy
    hosts: Hosts
    flash: Flash
    session_cookie: Cookie
    stranger_cookie: Cookie
    csrf: CsrfPolicy
    readiness: Readiness
    sweeper: Sweeper
    courier: Courier
    metrics: Metrics
    assets: Assets

    @property
    def publish(self) -> Sequence[Callable[[AccountEvent], None]]:
        """Who is told of events that are kept: the log, and the metrics."""
        return (log_event, self.metrics.count)

    @property
    def cookies(self) -> tuple[Cookie, ...]:
        """All that the site ever sets."""
        return (
            self.session_cookie,
            self.stranger_cookie,
            self.devices.cookie,
            self.flash.cookie,
        )

    @property
    def limits(self) -> Limits:
        """How long sessions last."""
        session = self.settings.session
        return Limits(session.idle, session.absolute, session.touch_every)

    @property
    def public_limits(self) -> Limits:
        """How long sessions on public computers last: visits are written down more often."""
        session = self.settings.session
        touch_every = min(session.touch_every, session.public_idle / VISITS_WRITTEN_DOWN)
        return Limits(session.public_idle, session.public_absolute, touch_every)


def build_site(settings: Settings, metrics: Metrics) -> Site:
    """Build the parts; connects to nothing yet."""
    https = settings.https
    hosts = Hosts(settings.site.url, dev=settings.dev)
    stranger_cookie = Cookie("form", https=https)
    database = Database(
        settings.database.url,
        pool_size=settings.database.pool_size,
        wait=settings.database.wait,
    )
    hasher = PasswordHasher(
        time_cost=settings.passwords.time_cost,
        memory_cost=settings.passwords.memory_cost,
        parallelism=settings.passwords.parallelism,
        concurrency=settings.passwords.concurrency,
        queue=settings.passwords.queue,
        peppers=settings.passwords.pepper,
        watch=metrics.hashes,
    )
    metrics.look_at(hasher.queue, database)
    return Site(
        settings=settings,
        database=database,
        credentials=database.compile(CREDENTIAL),
        hasher=hasher,
        throttles=Throttles(
            database.counting,
            database.compile(HELD_UP),
            key=key_for(settings.secret, b"throttle"),
            limits=vars(settings.throttle),
        ),
        devices=Devices(key_for(settings.secret, b"device"), cookie=Cookie("device", https=https)),
        password_policy=PasswordPolicy(
            minimum_length=settings.passwords.minimum_length,
            words=(settings.site.name, *settings.passwords.words),
            breached=settings.passwords.breached,
        ),
        hosts=hosts,
        flash=Flash(Cookie("flash", https=https)),
        session_cookie=Cookie("session", https=https),
        stranger_cookie=stranger_cookie,
        csrf=CsrfPolicy(settings.secret, cookie=stranger_cookie, hosts=hosts),
        readiness=Readiness(database),
        sweeper=Sweeper(
            database,
            every=settings.sweeping.every,
            on_expired=partial(metrics.count_session_ended, EndReason.EXPIRED.key),
        ),
        courier=build_courier(settings, database),
        metrics=metrics,
        assets=find_assets(),
    )


def site_of(registry: Registry) -> Site:
    """Return the site that a configured registry holds."""
    site: Any = registry["authsite"]
    assert isinstance(site, Site)  # noqa: S101 - for the type checker
    return site
