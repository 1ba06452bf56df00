"""Handing messages over to the mail server, several on one connection."""

import contextlib
import smtplib
from email.message import EmailMessage

from authsite.mail.errors import ServerUnavailable
from authsite.mail.replies import Reply, refusal, refusal_of_sender
from authsite.mail.server import MailServer

_WELL = 250


class SmtpSession:
    """One connection, opened by the first message; for one thread. `with` ends it."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> "SmtpSession":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._smtp is not None:
            with contextlib.suppress(OSError):
                self._smtp.quit()
            self._smtp.close()

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> None:
        """Hand the message over; raises `Undelivered`.

        Sender and recipient are said here, and not read from headers, where one address might be
        read as two.
        """
        smtp = self._ready()
        try:
            smtp.sendmail(sender, [recipient], message.as_bytes())
        except smtplib.SMTPRecipientsRefused as error:
            raise refusal(Reply(*error.recipients[recipient])) from None
        except smtplib.SMTPSenderRefused as error:
            raise refusal_of_sender(Reply(error.smtp_code, error.smtp_error)) from None
        except smtplib.SMTPResponseException as error:
            raise refusal(Reply(error.smtp_code, error.smtp_error)) from None
        except OSError as error:
            raise ServerUnavailable(f"the connection broke off: {error}") from None

    def _ready(self) -> smtplib.SMTP:
        """Return a connection that lives, and on which nothing is half said."""
        if self._smtp is not None:
            # A server may have ended it meanwhile, which says nothing about the next message.
            with contextlib.suppress(OSError):
                if self._smtp.rset()[0] == _WELL:
                    return self._smtp
            self._smtp.close()
        self._smtp = None
        self._smtp = self._server.open()
        return self._smtp
