"""The request, with what the pages of this site ask of it."""

from collections.abc import Sequence
from urllib.parse import quote

import pyramid.request
from pyramid.decorator import reify
from pyramid_tm import explicit_manager, is_tm_active
from sqlalchemy.orm import Session
from transaction import TransactionManager

from authsite.accounts.sessions import Identity
from authsite.audit.event_types import Actor, EventSource
from authsite.audit.recorder import AuditLog
from authsite.http.client import ip_address_of, user_agent_of
from authsite.http.static import Frame
from authsite.mail.composer import MailComposer
from authsite.services import Services, services_of
from authsite.throttling.throttles import CountedHit

#: Under which name the registry has the environment of mails.
MAIL_TEMPLATES = "authsite.mail_templates"


class Request(pyramid.request.Request):
    """Pyramid's request and the parts of the site.

    A class rather than `add_request_method`: what a request has can be read here, the type checker
    knows it, and Pyramid need not make a new class for every request.
    """

    @reify
    def identity(self) -> Identity | None:
        """Who asks, as the security policy knows; None for a stranger."""
        return super().identity

    @reify
    def services(self) -> Services:
        """The parts that the site is made of."""
        return services_of(self.registry)

    @reify
    def tm(self) -> TransactionManager:
        """The transaction of this request, which pyramid_tm begins and ends."""
        return self.environ.get("tm.manager") or explicit_manager(self)

    @reify
    def dbsession(self) -> Session:
        """SQLAlchemy's session: for a form it commits with the response, else it only reads."""
        if is_tm_active(self):
            self.identity  # noqa: B018 - before the transaction, whose lock would be in its way
            return self.services.database.write_dbsession(self.tm)
        session = self.services.database.read_dbsession()
        self.add_finished_callback(lambda _request: session.close())
        return session

    @reify
    def outbox(self) -> MailComposer:
        """Where messages are put; they are sent once the transaction of this request commits."""
        environment = self.registry[MAIL_TEMPLATES]
        return MailComposer(
            environment,
            site_name=self.services.settings.site.name,
            link_to=self.url_to,
            audit=self._audit_from(EventSource(Actor.SITE)),
            on_put=lambda: self.tm.get().addAfterCommitHook(
                lambda _committed: self.services.mail_worker.wake()
            ),
        )

    @reify
    def audit(self) -> AuditLog:
        """Where what happens to accounts is written down, as done by whoever asks."""
        return self._audit_from(
            EventSource(
                Actor.PERSON,
                session_id=self.identity.session_id if self.identity else None,
                user_agent=user_agent_of(self),
                ip_address=ip_address_of(self),
            )
        )

    @reify
    def admin_audit(self) -> AuditLog:
        """The same for what somebody does who runs the site.

        It is read by the owner of the account, who need not know from where that was done.
        """
        return self._audit_from(EventSource(Actor.ADMINISTRATOR, self.authenticated_userid))

    @reify
    def cli_audit(self) -> AuditLog:
        """The same for what is done from a shell of the machine."""
        return self._audit_from(EventSource(Actor.OPERATOR))

    def _audit_from(self, source: EventSource) -> AuditLog:
        return AuditLog(source, notify=self.registry.notify, publish=self.services.publish)

    def refund(self, hits: Sequence[CountedHit]) -> None:
        """Take these tries back when the transaction has ended, which is in the way until then."""
        self.tm.get().addAfterCommitHook(lambda _committed: self.services.throttles.refund(hits))

    @reify
    def csrf_token(self) -> str:
        """The token for every form of this page."""
        return self.services.csrf.new_csrf_token(self)

    @reify
    def flash(self) -> str | None:
        """What the page before left to be said here, once."""
        return self.services.flash.pop(self)

    @reify
    def display_path(self) -> str:
        """The path of this page, for people and links; never an error, however it was spelled."""
        path: str = self.environ.get("PATH_INFO", "")
        return path.encode("latin-1").decode("utf-8", "replace")

    @reify
    def root_path(self) -> str:
        """Where the application is mounted, without a slash at the end: mostly the empty text."""
        return quote(self.script_name) if self.environ.get("SCRIPT_NAME") else ""

    def path_to(self, *segments: str) -> str:
        """Return the address of a page of this site as a path: `path_to("account")`."""
        return f"{self.root_path}/{'/'.join(quote(segment, safe='') for segment in segments)}"

    def url_to(self, *segments: str) -> str:
        """Return the address of a page as a mail has to say it: `url_to("account")`.

        The host is that of the settings, whatever the request says (OWASP, "Forgot Password").
        """
        return f"{self.services.settings.services.url}{self.path_to(*segments)}"

    @property
    def frame(self) -> Frame:
        """What the layout of every page needs, except what depends on the page itself."""
        frame = self.services.frame
        root = self.root_path
        if not root:
            return frame
        return Frame(root, root + frame.stylesheet, root + frame.icon, frame.site_name)
