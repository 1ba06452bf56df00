"""The services of an application, built from its settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pyramid.registry import Registry
from pyramid_retry import mark_error_retryable
from sqlalchemy.engine import Engine

from authsite.accounts.answered_forms import ANSWERED_FORM
from authsite.accounts.hash_formats import HashFormatReader
from authsite.accounts.security_checkup import CHECKUP
from authsite.accounts.users import CREDENTIAL
from authsite.audit.event_types import AccountEvent, SessionEndReason
from authsite.audit.recorder import log_event
from authsite.db.compiled_select import Select
from authsite.db.engines import Database, HostDatabase
from authsite.db.replica import Replica
from authsite.encryption import Cipher
from authsite.http.cookies import (
    ANONYMOUS_COOKIE,
    DEVICE_COOKIE,
    FLASH_COOKIE,
    PENDING_SIGN_IN_COOKIE,
    Cookie,
)
from authsite.http.flash import Flash
from authsite.http.hosts import Hosts
from authsite.http.own_urls import OwnUrls
from authsite.http.static import Frame, build_frame
from authsite.mail.content import message_cipher
from authsite.mail.worker import MailWorker, build_worker
from authsite.passwords.hasher import PasswordHasher
from authsite.passwords.policy import PasswordPolicy
from authsite.purging.purger import Purger
from authsite.purging.targets import purge_targets
from authsite.security.csrf import CsrfPolicy
from authsite.security.device_cookie import DeviceCookies
from authsite.security.replicated_identities import ReplicatedIdentities
from authsite.security.sessions import BrowserSessions
from authsite.settings.schema import Settings
from authsite.telemetry.metrics import Metrics
from authsite.telemetry.readiness import Readiness
from authsite.throttling.throttles import Throttles
from authsite.tokens import derive_key


@dataclass(frozen=True, kw_only=True)
class Services:
    """The long-lived parts of the application, in `request.authsite.services`."""

    settings: Settings
    own_urls: OwnUrls
    database: Database
    #: Whether requests write by the dbsession of a host application, on its engine.
    uses_host_dbsession: bool
    replica: Replica | None
    credentials: Select
    checkup: Select
    hasher: PasswordHasher
    throttles: Throttles
    device_cookies: DeviceCookies
    password_policy: PasswordPolicy
    hosts: Hosts
    flash: Flash
    session_cookie: Cookie
    anonymous_cookie: Cookie
    pending_sign_in_cookie: Cookie
    sessions: BrowserSessions
    csrf: CsrfPolicy
    answered_forms: Select
    answered_forms_key: bytes = field(repr=False)
    readiness: Readiness
    purger: Purger
    hash_format_reader: HashFormatReader
    message_cipher: Cipher
    mail_worker: MailWorker
    metrics: Metrics
    frame: Frame

    @property
    def publish(self) -> Sequence[Callable[[AccountEvent], None]]:
        """The functions that are called with committed events: the log, and the metrics."""
        return (log_event, self.metrics.count)

    @property
    def workers(self) -> Sequence[MailWorker | Purger | HashFormatReader | Replica]:
        """The background workers of a process that serves."""
        delivers = self.settings.mail.deliver_in_process and self.mail_worker.delivers
        workers = (self.purger, self.hash_format_reader)
        replicas = [self.replica] if self.replica else []
        return (*workers, *([self.mail_worker] if delivers else []), *replicas)

    def dispose(self) -> None:
        """Close all connections that are not in use."""
        self.database.dispose()
        if self.replica:
            self.replica.dispose()

    def forget_connections(self) -> None:
        """Leave all connections to the parent of this process, which has just been forked."""
        self.database.forget_connections()
        if self.replica:
            self.replica.forget_connections()


def build_services(
    settings: Settings, metrics: Metrics, *, own_urls: OwnUrls, host_engine: Engine | None = None
) -> Services:
    """Build the services, without a connection to the database or the mail server."""
    https = settings.https
    hosts = Hosts(settings.site.url, dev=settings.dev)
    anonymous_cookie = Cookie(ANONYMOUS_COOKIE, https=https)
    database = (
        Database(
            settings.database.url,
            pool_size=settings.database.pool_size,
            timeout=settings.database.timeout,
            pooled=settings.database.is_pooled,
            mark_retryable=mark_error_retryable,
            count_error=metrics.count_database_error,
        )
        if host_engine is None
        else HostDatabase(host_engine)
    )
    replica = settings.database.read_url and Replica(
        Database(
            settings.database.read_url,
            pool_size=settings.database.pool_size,
            timeout=min(settings.database.timeout, settings.database.read_max_lag),
            pooled=settings.database.is_pooled,
        ),
        primary=database,
        max_lag=settings.database.read_max_lag,
    )
    flash = Flash(Cookie(FLASH_COOKIE, https=https))
    session_cookie = Cookie(settings.session.cookie_name, https=https)
    hasher = PasswordHasher(
        time_cost=settings.passwords.time_cost,
        memory_cost=settings.passwords.memory_cost,
        parallelism=settings.passwords.parallelism,
        concurrency=settings.passwords.hash_threads,
        queue=settings.passwords.hash_queue_size,
        cores=settings.passwords.hash_cores,
        peppers=settings.passwords.pepper,
        dummy_key=derive_key(settings.secret, b"dummy hash"),
        observer=metrics.hashes,
    )
    metrics.watch(hasher.queue, database)
    cipher = message_cipher((settings.secret, *settings.previous_secrets))
    return Services(
        settings=settings,
        own_urls=own_urls,
        database=database,
        uses_host_dbsession=host_engine is not None,
        replica=replica,
        credentials=database.compile(CREDENTIAL),
        checkup=database.compile(CHECKUP),
        hasher=hasher,
        throttles=Throttles(
            partial(database.writing, relaxed=True),
            database.compile,
            dialect=database.engine.dialect.name,
            key=derive_key(settings.secret, b"throttle"),
            limits=vars(settings.throttle),
        ),
        device_cookies=DeviceCookies(
            derive_key(settings.secret, b"device"), cookie=Cookie(DEVICE_COOKIE, https=https)
        ),
        password_policy=PasswordPolicy(
            minimum_length=settings.passwords.minimum_length,
            blocklist=(settings.site.name, *settings.passwords.blocklist),
            breached=settings.passwords.breached,
        ),
        hosts=hosts,
        flash=flash,
        session_cookie=session_cookie,
        anonymous_cookie=anonymous_cookie,
        pending_sign_in_cookie=Cookie(PENDING_SIGN_IN_COOKIE, https=https),
        sessions=BrowserSessions(
            database,
            replicated=ReplicatedIdentities(replica, flash) if replica else None,
            cookie=session_cookie,
            anonymous_cookie=anonymous_cookie,
            settings=settings.session,
            key=derive_key(settings.secret, b"session"),
        ),
        csrf=CsrfPolicy(settings.secret, cookie=anonymous_cookie, hosts=hosts),
        answered_forms=database.compile(ANSWERED_FORM),
        answered_forms_key=derive_key(settings.secret, b"answered form"),
        readiness=Readiness(database),
        purger=Purger(
            database,
            purge_targets(settings.accounts.unverified_lifetime),
            every=settings.purge.interval,
            on_expired=partial(metrics.count_session_ended, SessionEndReason.EXPIRED.key),
        ),
        hash_format_reader=HashFormatReader(database, hasher.dummy_hashes),
        message_cipher=cipher,
        mail_worker=build_worker(settings, database, cipher, count=metrics.count_email),
        metrics=metrics,
        frame=build_frame(
            settings.site.name,
            root=own_urls.prefix,
            landing_page=settings.after_sign_in,
            is_sign_up_open=settings.is_sign_up_open,
        ),
    )


def services_of(registry: Registry) -> Services:
    """Return the services of an application."""
    services: Any = registry["authsite"]
    assert isinstance(services, Services)  # noqa: S101 - for the type checker
    return services
