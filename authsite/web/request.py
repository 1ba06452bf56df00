"""What authsite adds to a request: `request.authsite`."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import quote

import pyramid.request
from pyramid.decorator import reify
from pyramid_tm import is_tm_active
from sqlalchemy.orm import Session
from transaction import TransactionManager
from zope.sqlalchemy import mark_changed

from authsite.accounts.answered_forms import SentForm
from authsite.accounts.sessions import Identity
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import get_user
from authsite.audit.event_types import Actor, EventSource
from authsite.audit.recorder import AuditLog
from authsite.clock import utc_now
from authsite.db.engines import DATABASE_UNAVAILABLE
from authsite.db.joined import joined
from authsite.db.sqlite import lock_now, lock_when_begun
from authsite.http.client import client_of
from authsite.http.methods import SAFE_METHODS
from authsite.http.static import Frame
from authsite.mail.composer import MailComposer
from authsite.models import User
from authsite.services import Services, services_of
from authsite.throttling.throttles import CountedHit

#: The registry's key of the environment of emails.
MAIL_TEMPLATES = "authsite.mail_templates"


class AuthsiteRequest:
    """The parts of a request that belong to authsite, each made when it is first used."""

    #: The form, by which it is recognized when it is sent again.
    sent_form: SentForm | None = None
    #: Whether the identity came from the read replica.
    identity_is_replicated = False

    def __init__(self, request: pyramid.request.Request) -> None:
        self._request = request

    @reify
    def services(self) -> Services:
        """The long-lived parts of the application."""
        return services_of(self._request.registry)

    @reify
    def is_own(self) -> bool:
        """Whether the URL is one of authsite's, and not of its host application."""
        return self.services.own_urls.include(self._request.environ)

    @reify
    def identity(self) -> Identity | None:
        """The signed-in user, loaded once; None for an anonymous visitor.

        While the database is unavailable, authsite's own URLs raise its error. Those of a host
        application have no identity then: pyramid_tm may ask for it where no error page helps.
        """
        try:
            return self.services.sessions.identity(self._request)
        except DATABASE_UNAVAILABLE as error:
            if self.is_own:
                raise
            self.services.database.outages.report("sys_identity_unavailable", error)
            return None

    @reify
    def user(self) -> User | None:
        """The row of the signed-in user in `dbsession`; None for an anonymous visitor."""
        return get_user(self.dbsession, self.identity.user_id) if self.identity else None

    @reify
    def tm(self) -> TransactionManager:
        """The transaction manager of this request: that of the host application, if it has one."""
        manager = getattr(self._request, "tm", None) or self._request.environ.get("tm.manager")
        return manager or TransactionManager(explicit=True)

    @reify
    def dbsession(self) -> Session:
        """The dbsession of the host application, if it has one.

        Otherwise one that commits with an unsafe request, and only reads in a safe one.
        """
        if self.services.uses_host_dbsession:
            dbsession: Session = self._request.dbsession
            if self.is_own and self._request.method not in SAFE_METHODS:
                self._will_write(dbsession)
                lock = lock_when_begun if joined.get() is None else lock_now
                lock(dbsession)
            return dbsession
        dbsession_of_test = joined.get()
        if dbsession_of_test is not None:
            return dbsession_of_test
        if is_tm_active(self._request):
            self.identity  # noqa: B018 - before the transaction, whose lock would block it
            return self.services.database.write_dbsession(self.tm)
        session = self.services.database.read_dbsession()
        self._request.add_finished_callback(lambda _request: session.close())
        return session

    @reify
    def work(self) -> UnitOfWork:
        """The unit of work of this request, caused by its user."""
        session_id = self.identity.session_id if self.identity else None
        client = client_of(self._request)
        return self._unit_of_work(
            EventSource(
                Actor.USER,
                session_id=session_id,
                user_agent=client.user_agent,
                ip_address=client.ip_address,
                network=client.network if client.ip_address else None,
            )
        )

    @reify
    def admin_work(self) -> UnitOfWork:
        """The unit of work of this request, caused by an administrator.

        The user's history shows the events, but neither the administrator nor their IP address.
        """
        return self._unit_of_work(
            EventSource(Actor.ADMINISTRATOR, self.identity and self.identity.user_id)
        )

    def operator_work(self, name: str) -> UnitOfWork:
        """Return the unit of work of a command, caused by the operator with this name."""
        return self._unit_of_work(EventSource(Actor.OPERATOR, actor_name=name))

    def _will_write(self, dbsession: Session) -> None:
        """Let the transaction commit: zope.sqlalchemy does not notice Core statements."""
        if is_tm_active(self._request):
            mark_changed(dbsession, self.tm)

    def _unit_of_work(self, source: EventSource) -> UnitOfWork:
        services, now = self.services, utc_now()
        if services.uses_host_dbsession:
            self._will_write(self.dbsession)
        audit = AuditLog(
            dbsession=self.dbsession,
            now=now,
            source=source,
            notify=self._request.registry.notify,
            publish=services.publish,
        )
        return UnitOfWork(
            dbsession=self.dbsession,
            now=now,
            client=client_of(self._request),
            audit=audit,
            outbox=MailComposer(
                dbsession=self.dbsession,
                now=now,
                environment=self._request.registry[MAIL_TEMPLATES],
                site_name=services.settings.site.name,
                link_to=self.url,
                cipher=services.message_cipher,
                audit=replace(audit, source=EventSource(Actor.SYSTEM)),
                on_put=lambda: self._after_commit(services.mail_worker.wake),
            ),
            settings=services.settings,
            credentials=services.credentials,
            hasher=services.hasher,
            password_policy=services.password_policy,
            throttles=services.throttles,
            refund=lambda hits: self._after_commit(services.throttles.refund, hits),
            refund_on_abort=self._refund_on_abort,
        )

    def _after_commit(self, call: Callable[..., None], *arguments: object) -> None:
        self.tm.get().addAfterCommitHook(lambda _committed: call(*arguments))

    def _refund_on_abort(self, hits: Sequence[CountedHit]) -> None:
        if joined.get() is None:  # the transaction of a test undoes the hits as well
            self.tm.get().addAfterAbortHook(self._try_refund, (hits,))

    def _try_refund(self, hits: Sequence[CountedHit]) -> None:
        """Refund the hits; an error would hide the reason why the transaction was aborted."""
        try:
            self.services.throttles.refund(hits)
        except DATABASE_UNAVAILABLE as error:
            self.services.database.outages.report("sys_refund_failed", error, level=logging.WARNING)

    @property
    def outbox(self) -> MailComposer:
        """The outbox of emails, in the transaction of this request."""
        return self.work.outbox

    @property
    def audit(self) -> AuditLog:
        """The audit log, in the transaction of this request."""
        return self.work.audit

    @reify
    def csrf_token(self) -> str:
        """The token for every form of this page that is sent to authsite."""
        return self.services.csrf.new_csrf_token(self._request)

    @reify
    def flash(self) -> str | None:
        """The flash message of the previous page, shown once."""
        return self.services.flash.pop(self._request)

    @reify
    def display_path(self) -> str:
        """The decoded path of this page below the prefix; bytes that are not UTF-8 are replaced."""
        path: str = self._request.environ.get("PATH_INFO", "")
        path = path.removeprefix(self.services.own_urls.prefix)
        return path.encode("latin-1").decode("utf-8", "replace")

    @reify
    def root_path(self) -> str:
        """The path of authsite's home page without its final slash: mount path and prefix."""
        prefix: str = self.services.own_urls.prefix
        return quote(self._request.script_name) + prefix if self._is_mounted else prefix

    @property
    def _is_mounted(self) -> bool:
        return bool(self._request.environ.get("SCRIPT_NAME"))

    def path(self, *segments: str) -> str:
        """Return the path of a page of authsite: `path("account", "sessions")`."""
        return f"{self.root_path}/{'/'.join(quote(segment, safe='') for segment in segments)}"

    def url(self, *segments: str) -> str:
        """Return the whole URL of a page of authsite, for emails.

        The host is that of the settings, never of the request (OWASP Forgot Password Cheat Sheet).
        """
        return f"{self.services.settings.site.url}{self.path(*segments)}"

    @property
    def frame(self) -> Frame:
        """What the layout of every page needs, except what depends on the page itself."""
        frame = self.services.frame
        if not self._is_mounted:
            return frame
        root = self.root_path
        mount = root.removesuffix(frame.root)
        return frame._replace(
            root=root,
            stylesheet=mount + frame.stylesheet,
            icon=mount + frame.icon,
            landing_page=self.services.settings.after_sign_in or f"{root}/dashboard",
        )

    @property
    def path_after_sign_out(self) -> str:
        """The path of the page for users who have signed out."""
        return self.services.settings.after_sign_out or self.path("sign-in")


class Request(pyramid.request.Request):
    """Pyramid's request with `authsite`, for the type checker and for stand-alone sites.

    There Pyramid creates no class per request, as it does for `add_request_method`.
    """

    @reify
    def authsite(self) -> AuthsiteRequest:
        """What belongs to authsite."""
        return AuthsiteRequest(self)
