"""The emails that the mail server has received."""

import re

from tests.processes.servers import until
from tests.smtp import Mailserver


class Inbox:
    """Finds emails and their links by recipient."""

    def __init__(self, server: Mailserver) -> None:
        self._server = server

    def texts_for(self, email: str) -> list[str]:
        """Return the texts of the emails received so far."""
        return [
            received.mail.get_body(("plain",)).get_content()
            for received in list(self._server.received)
            if received.recipients == [email]
        ]

    def link_for(self, email: str, page: str, *, number: int = 1) -> str:
        """Wait for this number of emails with a link to the page; return the last path."""

        def found() -> list[str]:
            return [
                link
                for text in self.texts_for(email)
                for link in re.findall(rf"https://[^/\s]+(/{page}/\S+)", text)
            ]

        until(lambda: len(found()) >= number, f"an email to {email} with a link to {page}")
        return found()[number - 1]
