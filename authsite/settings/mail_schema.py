"""The settings of mail: who sends it, what addresses have to prove, and how accounts are closed."""

from dataclasses import dataclass
from datetime import timedelta

from authsite.settings.fields import setting
from authsite.settings.parsers import (
    certificates,
    duration,
    mail_host,
    mailbox,
    number,
    one_of,
    text,
    yes_or_no,
)


@dataclass(frozen=True, kw_only=True)
class EmailSettings:
    """What the addresses of accounts have to prove, and what can be done by a link."""

    verification: str = setting(
        one_of("optional", "required"),
        "Whether an address must be verified before its owner can sign in. `required` keeps back "
        "who has an account, at the sign-up too.",
        "optional",
    )
    verification_lifetime: timedelta = setting(
        duration, "How long a link to verify an address can be followed.", timedelta(hours=24)
    )
    revert_lifetime: timedelta = setting(
        duration,
        'How long the "this was not me" of a mail can be used, and a former address is not given '
        "to anybody else.",
        timedelta(days=7),
    )

    @property
    def must_be_verified(self) -> bool:
        """Whether nobody signs in before mail to their address was seen to reach them."""
        return self.verification == "required"


@dataclass(frozen=True, kw_only=True)
class DeletionSettings:
    """How an account is closed."""

    grace_period: timedelta = setting(
        duration, "For so long a closed account can still be kept.", timedelta(days=14)
    )
    reminder_before: timedelta = setting(
        duration, "So long before its end the owner is told once more.", timedelta(days=3)
    )


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """Who sends the mails, and by which server."""

    host: str | None = setting(
        mail_host,
        "The server that takes the mails (SMTP). It must be given, but for development, where no "
        "mail leaves the machine: `/dev/mail` shows them.",
        None,
    )
    security: str = setting(
        one_of("starttls", "tls", "none"),
        "How the connection to it is secured: STARTTLS, TLS from the first byte, or, on this "
        "machine only, not at all.",
        "starttls",
    )
    port: int = setting(
        number(0, 65_535), "Its port; 0: the usual one, 587 for STARTTLS, 465 for TLS, else 25.", 0
    )
    ca_file: str | None = setting(
        certificates,
        "A file of the authorities (PEM) that may vouch for it, in place of the system's.",
        None,
    )
    username: str | None = setting(text, "Who signs in to it.", None)
    password: str | None = setting(text, "The password for that.", None, shown=False)
    timeout: timedelta = setting(
        duration, "How long it may be silent before each of its answers.", timedelta(minutes=1)
    )
    sender: str | None = setting(
        mailbox,
        "The address that mails come from; without it `no-reply@` and the host of the site.",
        None,
    )
    deliver_in_process: bool = setting(
        yes_or_no,
        "Whether the server delivers by itself, on a thread; `no` where `authsite deliver` does.",
        True,
    )
