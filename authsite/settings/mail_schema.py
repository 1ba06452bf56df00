"""Settings of email addresses, of accounts and their deletion, and of mail."""

from dataclasses import dataclass
from datetime import timedelta

from authsite.settings.fields import setting
from authsite.settings.parsers import (
    certificates,
    domains,
    duration,
    duration_or_never,
    mail_host,
    mailbox,
    number,
    one_of,
    text,
    yes_or_no,
)


@dataclass(frozen=True, kw_only=True)
class EmailSettings:
    """Verification of email addresses, and lifetimes of email links."""

    verification: str = setting(
        one_of("optional", "required"),
        "Whether users must verify their email address before they can sign in: `optional` or "
        "`required`. With `required`, neither sign-up nor sign-in reveals whether an email is "
        "registered.",
        "optional",
    )
    verification_lifetime: timedelta = setting(
        duration, "How long a link to verify an email address works.", timedelta(hours=24)
    )
    revert_lifetime: timedelta = setting(
        duration,
        "How long the link to secure an account works. For the same time no other account can use "
        "the previous email.",
        timedelta(days=7),
    )

    allowed_domains: tuple[str, ...] = setting(
        domains,
        "Domains whose email addresses users can sign up with or change to, separated by commas: "
        "`example.com`. Their subdomains are not included. If unset, all are allowed.",
        (),
    )

    @property
    def must_be_verified(self) -> bool:
        """Whether users must verify their email address before they can sign in."""
        return self.verification == "required"


@dataclass(frozen=True, kw_only=True)
class AccountSettings:
    """Accounts that are never verified."""

    unverified_lifetime: timedelta | None = setting(
        duration_or_never,
        "How long an account whose email was never verified is kept after its sign-up and the end "
        "of its last session: at most 90 days, or `never` to keep it. Accounts of administrators, "
        "suspended and imported accounts are kept.",
        timedelta(days=30),
    )


@dataclass(frozen=True, kw_only=True)
class DeletionSettings:
    """Deletion of closed accounts."""

    grace_period: timedelta = setting(
        duration,
        "Grace period: how long a closed account can be reactivated.",
        timedelta(days=14),
    )
    reminder_before: timedelta = setting(
        duration, "How long before deletion a reminder is emailed.", timedelta(days=3)
    )


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """The mail server and the sender of emails."""

    host: str | None = setting(
        mail_host,
        "Host name of the mail server (SMTP). Required, except in development, where no email "
        "leaves the machine.",
        None,
    )
    security: str = setting(
        one_of("starttls", "tls", "none"),
        "How the connection to the mail server is secured: `starttls`, `tls` (TLS from the first "
        "byte), or `none` (only for a mail server on this machine).",
        "starttls",
    )
    port: int = setting(
        number(0, 65_535),
        "Port of the mail server. 0 means 587 for `starttls`, 465 for `tls`, 25 for `none`.",
        0,
    )
    ca_file: str | None = setting(
        certificates,
        "PEM file of the authorities trusted for the certificate of the mail server, instead of "
        "the system's.",
        None,
    )
    username: str | None = setting(text, "User name at the mail server.", None)
    password: str | None = setting(text, "Password at the mail server.", None, shown=False)
    timeout: timedelta = setting(
        duration, "How long to wait for each answer of the mail server.", timedelta(minutes=1)
    )
    sender: str | None = setting(
        mailbox,
        "Sender of all emails. If unset, `no-reply@` and the host of the site.",
        None,
    )
    deliver_in_process: bool = setting(
        yes_or_no,
        "Whether each process delivers emails. Use `no` where `authsite deliver` does it.",
        True,
    )
