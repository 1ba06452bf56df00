"""Sending messages to the mail server, several on one connection."""

import contextlib
import smtplib
from email.message import EmailMessage

from authsite.mail.errors import ServerUnavailable
from authsite.mail.replies import Reply, refusal, refusal_of_sender
from authsite.mail.server import MailServer

_OK = 250


class SmtpSession:
    """A connection of one thread, opened by the first message and closed by `with`."""

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
        """Send the message; raises `DeliveryError`.

        Sender and recipient are not read from headers, where one address may parse as two.
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
        """Return a connection that works, without a transaction left from the last message."""
        if self._smtp is not None:
            # The server may have closed it meanwhile; that is no error of the next message.
            with contextlib.suppress(OSError):
                if self._smtp.rset()[0] == _OK:
                    return self._smtp
            self._smtp.close()
        self._smtp = None
        self._smtp = self._server.open()
        return self._smtp
