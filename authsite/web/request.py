"""The request, with what authsite's pages need."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import quote

import pyramid.request
from pyramid.decorator import reify
from pyramid.httpexceptions import HTTPBadRequest
from pyramid_tm import explicit_manager, is_tm_active
from sqlalchemy.orm import Session
from transaction import TransactionManager
from webob.multidict import MultiDict, NoVars

from authsite.accounts.answered_forms import SentForm
from authsite.accounts.sessions import Identity
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import Actor, EventSource
from authsite.audit.recorder import AuditLog
from authsite.clock import utc_now
from authsite.db.engines import DATABASE_UNAVAILABLE
from authsite.http.client import client_of
from authsite.http.static import DASHBOARD, Frame
from authsite.mail.composer import MailComposer
from authsite.services import Services, services_of
from authsite.throttling.throttles import CountedHit

log = logging.getLogger(__name__)

#: The registry's key of the environment of emails.
MAIL_TEMPLATES = "authsite.mail_templates"


class Request(pyramid.request.Request):
    """Pyramid's request, with the services and the unit of work.

    A class instead of `add_request_method`: its attributes can be read here, the type checker knows
    them, and Pyramid creates no class per request.
    """

    #: The form, by which it is recognized when it is sent again.
    sent_form: SentForm | None = None
    #: Whether the identity came from the read replica.
    identity_is_replicated = False

    @reify
    def identity(self) -> Identity | None:
        """The signed-in user, loaded once; None for an anonymous visitor."""
        return super().identity

    @property
    def POST(self) -> MultiDict | NoVars:  # noqa: N802 - WebOb's name
        """The fields of the form; raises `HTTPBadRequest` if the body cannot be parsed.

        WebOb's parsers raise errors of any type, which would be errors of the site (500).
        """
        try:
            return super().POST
        except Exception as error:
            log.warning("input_validation_fail: unreadable: %s", type(error).__name__)
            raise HTTPBadRequest from error

    @reify
    def services(self) -> Services:
        """The long-lived parts of the application."""
        return services_of(self.registry)

    @reify
    def tm(self) -> TransactionManager:
        """The transaction manager of this request, which pyramid_tm begins and ends."""
        return self.environ.get("tm.manager") or explicit_manager(self)

    @reify
    def dbsession(self) -> Session:
        """The dbsession: it commits with an unsafe request, and only reads in a safe one."""
        if is_tm_active(self):
            self.identity  # noqa: B018 - before the transaction, whose lock would block it
            return self.services.database.write_dbsession(self.tm)
        session = self.services.database.read_dbsession()
        self.add_finished_callback(lambda _request: session.close())
        return session

    @reify
    def work(self) -> UnitOfWork:
        """The unit of work of this request, caused by its user."""
        session_id = self.identity.session_id if self.identity else None
        client = client_of(self)
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
        return self._unit_of_work(EventSource(Actor.ADMINISTRATOR, self.authenticated_userid))

    def operator_work(self, name: str) -> UnitOfWork:
        """Return the unit of work of a command, caused by the operator with this name."""
        return self._unit_of_work(EventSource(Actor.OPERATOR, actor_name=name))

    def _unit_of_work(self, source: EventSource) -> UnitOfWork:
        services, now = self.services, utc_now()
        audit = AuditLog(
            dbsession=self.dbsession,
            now=now,
            source=source,
            notify=self.registry.notify,
            publish=services.publish,
        )
        return UnitOfWork(
            dbsession=self.dbsession,
            now=now,
            client=client_of(self),
            audit=audit,
            outbox=MailComposer(
                dbsession=self.dbsession,
                now=now,
                environment=self.registry[MAIL_TEMPLATES],
                site_name=services.settings.site.name,
                link_to=self.url_to,
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
        self.tm.get().addAfterAbortHook(self._try_refund, (hits,))

    def _try_refund(self, hits: Sequence[CountedHit]) -> None:
        """Refund the hits; an error would hide the reason why the transaction was aborted."""
        try:
            self.services.throttles.refund(hits)
        except DATABASE_UNAVAILABLE as error:
            self.services.database.outages.report("sys_refund_failed", error, level=logging.WARNING)

    @reify
    def csrf_token(self) -> str:
        """The token for every form of this page."""
        return self.services.csrf.new_csrf_token(self)

    @reify
    def flash(self) -> str | None:
        """The flash message of the previous page, shown once."""
        return self.services.flash.pop(self)

    @reify
    def display_path(self) -> str:
        """The decoded path of this page; bytes that are not UTF-8 are replaced."""
        path: str = self.environ.get("PATH_INFO", "")
        return path.encode("latin-1").decode("utf-8", "replace")

    @reify
    def root_path(self) -> str:
        """The path at which the application is mounted, without a final slash; usually empty."""
        return quote(self.script_name) if self.environ.get("SCRIPT_NAME") else ""

    def path_to(self, *segments: str) -> str:
        """Return the path of a page of this site: `path_to("account", "sessions")`."""
        return f"{self.root_path}/{'/'.join(quote(segment, safe='') for segment in segments)}"

    def url_to(self, *segments: str) -> str:
        """Return the whole URL of a page, for emails.

        The host is that of the settings, never of the request (OWASP Forgot Password Cheat Sheet).
        """
        return f"{self.services.settings.site.url}{self.path_to(*segments)}"

    @property
    def frame(self) -> Frame:
        """What the layout of every page needs, except what depends on the page itself."""
        frame = self.services.frame
        root = self.root_path
        if not root:
            return frame
        return frame._replace(
            root=root,
            stylesheet=root + frame.stylesheet,
            icon=root + frame.icon,
            landing_page=self.services.settings.after_sign_in or root + DASHBOARD,
        )

    @property
    def path_after_sign_out(self) -> str:
        """The path of the page for users who have signed out."""
        return self.services.settings.after_sign_out or self.path_to("sign-in")
