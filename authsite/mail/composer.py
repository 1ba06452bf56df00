"""What the site writes to people: messages made of templates, put into the outbox."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from jinja2 import Environment
from sqlalchemy.orm import Session

from authsite.audit.event_types import EventType
from authsite.audit.recorder import AuditLog
from authsite.email_addresses import parse_email_address
from authsite.models import OutboxMessage
from authsite.tokens import new_id

#: The template that asks the owner of a new address to verify it. Its event is not in the
#: history of the account, or it would reveal whether the new address was free.
CHANGE_EMAIL = "change_email"


def is_html(template: str | None) -> bool:
    """Whether what is put into this template has to be escaped."""
    return template is not None and template.endswith(".html")


def mail_environment(environment: Environment) -> Environment:
    """Return the environment of the pages for mails, whose texts are no HTML.

    A host application's templates and filters count here as well.
    """
    return environment.overlay(autoescape=is_html)


class MailComposer:
    """Writes messages; one for each request, since it is told when one has been put.

    A kind of message is a folder of templates, `mail/<template>/` with `subject.txt`, `body.txt`
    and `body.html`. `link_to` makes the address of a page.
    """

    def __init__(
        self,
        environment: Environment,
        *,
        site_name: str,
        link_to: Callable[..., str],
        audit: AuditLog,
        on_put: Callable[[], None],
    ) -> None:
        self._environment = environment
        self._site_name = site_name
        self._audit = audit
        self._on_put = on_put
        self.link_to = link_to

    def put(
        self,
        dbsession: Session,
        template: str,
        *,
        to: str,
        user_id: str | None,
        now: datetime,
        due: datetime | None = None,
        **values: object,
    ) -> None:
        """Write a message of this template to an address, made of `values`; due now, or later.

        It is sent if the transaction of `dbsession` commits. The address must be one that
        `parse_email_address` takes: there is one recipient, whatever it looks like.
        """
        values |= {"site_name": self._site_name, "site_url": self.link_to(), "email": to}
        subject = " ".join(self._render(template, "subject.txt", values).split())
        dbsession.add(
            OutboxMessage(
                id=new_id(),
                template=template,
                user_id=user_id,
                recipient=parse_email_address(to).mailbox,
                subject=subject,
                text=self._render(template, "body.txt", values),
                html=self._render(template, "body.html", values),
                send_at=due or now,
                next_attempt_at=due or now,
            )
        )
        dbsession.flush()
        # Whether a new address was free, whoever asked for it must not read in their history; for
        # nobody, the same statement is made. What is due later is told of by what it is about.
        owner = None if template == CHANGE_EMAIL or (due or now) > now else user_id
        self._audit.record(
            dbsession,
            owner or new_id(),
            EventType.EMAIL_QUEUED,
            now=now,
            details={"subject": subject},
        )
        self._on_put()

    def _render(self, template: str, part: str, values: dict[str, Any]) -> str:
        return self._environment.get_template(f"mail/{template}/{part}").render(values)
