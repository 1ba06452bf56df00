"""Rendering emails from templates into the outbox."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from jinja2 import Environment
from sqlalchemy.orm import Session

from authsite.audit.event_types import EventType
from authsite.audit.recorder import AuditLog
from authsite.email_addresses import parse_email_address
from authsite.encryption import Cipher
from authsite.mail.content import Content, encrypt_content
from authsite.mail.outbox import KEPT_FOR
from authsite.models import OutboxMessage
from authsite.tokens import new_id

#: The template that asks to verify a new email address. Its event is not in the history of the
#: account, or it would reveal whether the new address was free.
CHANGE_EMAIL = "change_email"
#: Why an email was not sent, for an operator.
WITHHELD = "not sent: limit of emails to an unverified email address"

_INSERT = sa.insert(OutboxMessage.metadata.tables["authsite_outbox_message"])


def is_html(template: str | None) -> bool:
    """Whether values in this template have to be escaped."""
    return template is not None and template.endswith(".html")


def mail_environment(environment: Environment) -> Environment:
    """Return the pages' environment, host templates and filters included, for text and HTML."""
    return environment.overlay(autoescape=is_html)


@dataclass(frozen=True, kw_only=True, repr=False)
class MailComposer:
    """Puts emails into the outbox, in the transaction of `dbsession`.

    A template is a folder, `mail/<template>/` with `subject.txt`, `body.txt` and `body.html`.
    `link_to` makes the URL of a page from its path segments. `on_put` is called for each message.
    """

    dbsession: Session
    now: datetime
    environment: Environment
    site_name: str
    link_to: Callable[..., str]
    cipher: Cipher
    audit: AuditLog
    on_put: Callable[[], None]

    def put(
        self,
        template: str,
        *,
        to: str,
        user_id: str | None,
        due: datetime | None = None,
        is_withheld: bool = False,
        **values: object,
    ) -> None:
        """Put an email, rendered with `values`, into the outbox; it is due now, or at `due`.

        It is delivered if the transaction commits. `to` is parsed by `parse_email_address`, so
        that it is one recipient for every mail library. A withheld email takes the same time and
        is not sent; its row holds the reason.
        """
        values |= {"site_name": self.site_name, "site_url": self.link_to(), "email": to}
        subject = " ".join(self._render(template, "subject.txt", values).split())
        content = Content(
            text=self._render(template, "body.txt", values),
            html=self._render(template, "body.html", values),
        )
        message_id = new_id()
        row = {
            "id": message_id,
            "template": template,
            "user_id": user_id,
            "recipient": parse_email_address(to).mailbox,
            "subject": subject,
            "content": encrypt_content(content, self.cipher, message_id=message_id),
            "send_at": due or self.now,
            "next_attempt_at": due or self.now,
            "last_error": None,
            "purge_after": None,
        }
        if is_withheld:
            row |= dict.fromkeys(("subject", "content", "next_attempt_at"))
            row |= {"last_error": WITHHELD, "purge_after": self.now + KEPT_FOR}
        self.dbsession.execute(_INSERT, row)
        # The history must not reveal whether a new address was free, so that email is recorded for
        # an unknown id, by the same statement. An email due later is part of another event.
        is_listed = template != CHANGE_EMAIL and not is_withheld and (due or self.now) <= self.now
        self.audit.record(
            (user_id if is_listed else None) or new_id(),
            EventType.EMAIL_QUEUED,
            details={"subject": subject},
        )
        self.on_put()

    def _render(self, template: str, part: str, values: dict[str, Any]) -> str:
        return self.environment.get_template(f"authsite/mail/{template}/{part}").render(values)
