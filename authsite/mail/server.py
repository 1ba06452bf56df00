"""Connecting to the mail server: TLS and authentication."""

import smtplib
import ssl
from typing import NamedTuple

from authsite.mail.errors import Misconfigured, ServerUnavailable
from authsite.mail.replies import Reply
from authsite.settings.mail_schema import MailSettings
from authsite.settings.schema import Settings

_DEFAULT_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class MailServer(NamedTuple):
    """The mail server of the settings; `ehlo_name` is the name of the site in EHLO (RFC 5321)."""

    host: str
    mail: MailSettings
    ehlo_name: str

    def open(self) -> smtplib.SMTP:
        """Return a connection that is secured and authenticated as the settings say.

        Raises `ServerUnavailable`, or `Misconfigured` if an operator has to change a setting.
        """
        try:
            smtp = self._connect()
            try:
                smtp.ehlo_or_helo_if_needed()
                if self.mail.security == "starttls":
                    self._secure(smtp)
                    smtp.ehlo_or_helo_if_needed()
                if self.mail.username is not None:
                    _sign_in(smtp, self.mail.username, self.mail.password or "")
            except BaseException:
                smtp.close()
                raise
        except ssl.SSLCertVerificationError as error:
            raise Misconfigured(
                f"the certificate of the server is not trusted ({error.verify_message}): set "
                "authsite.mail.host to the name in the certificate, and authsite.mail.ca_file "
                "to the file of its authority unless the system trusts it"
            ) from None
        except smtplib.SMTPResponseException as error:
            reply = Reply(error.smtp_code, error.smtp_error)
            raise ServerUnavailable(
                f"the server answers {reply}", log_text=f"the server answers {reply.codes}"
            ) from None
        except UnicodeError:
            raise Misconfigured("authsite.mail.host is not a host name") from None
        except OSError as error:  # smtplib's errors included
            raise ServerUnavailable(f"no connection: {error}") from None
        return smtp

    def _connect(self) -> smtplib.SMTP:
        port = self.mail.port or _DEFAULT_PORTS[self.mail.security]
        timeout = self.mail.timeout.total_seconds()
        if self.mail.security == "tls":
            context = self._context()
            return smtplib.SMTP_SSL(
                self.host, port, self.ehlo_name, timeout=timeout, context=context
            )
        return smtplib.SMTP(self.host, port, self.ehlo_name, timeout=timeout)

    def _secure(self, smtp: smtplib.SMTP) -> None:
        """Switch to TLS or fail: an attacker on the way could remove the offer."""
        try:
            smtp.starttls(context=self._context())
        except smtplib.SMTPNotSupportedError:
            raise Misconfigured(
                "the server does not offer STARTTLS: set authsite.mail.security to tls if it "
                "expects TLS from the first byte"
            ) from None

    def _context(self) -> ssl.SSLContext:
        """Return a context that verifies certificate and host name; the file is read each time."""
        try:
            return ssl.create_default_context(cafile=self.mail.ca_file)
        except OSError as error:
            raise Misconfigured(f"can't read authsite.mail.ca_file: {error}") from None


def _sign_in(smtp: smtplib.SMTP, username: str, password: str) -> None:
    try:
        smtp.login(username, password)
    except smtplib.SMTPAuthenticationError as error:
        reply = Reply(error.smtp_code, error.smtp_error)
        if not reply.is_permanent:
            raise
        raise Misconfigured(
            "the server does not accept authsite.mail.username and authsite.mail.password "
            f"({reply.codes})"
        ) from None
    except (smtplib.SMTPResponseException, smtplib.SMTPServerDisconnected):
        raise
    except (smtplib.SMTPException, UnicodeError):
        raise Misconfigured(
            "the server offers no authentication that works with authsite.mail.username and "
            "authsite.mail.password: PLAIN, LOGIN or CRAM-MD5, with ASCII only"
        ) from None


def mail_server(settings: Settings) -> MailServer | None:
    """Return the server of the settings; None in development without one."""
    host = settings.host
    if settings.mail.host is None:
        return None
    # RFC 5321, 4.1.3: IP addresses are in brackets.
    ehlo_name = f"[IPv6:{host}]" if ":" in host else host
    return MailServer(settings.mail.host, settings.mail, ehlo_name)
