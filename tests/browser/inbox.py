"""The mail of the people in the browser tests, as the mail server has taken it."""

import re

from tests.processes.servers import until
from tests.smtp import Mailserver


class Inbox:
    """What has come for an address, over the wire."""

    def __init__(self, server: Mailserver) -> None:
        self._server = server

    def texts_for(self, address: str) -> list[str]:
        """Return the mails that have come by now, as text."""
        return [
            received.mail.get_body(("plain",)).get_content()
            for received in list(self._server.received)
            if received.recipients == [address]
        ]

    def link_for(self, address: str, page: str, *, number: int = 1) -> str:
        """Wait for so many mails with a link to this page, and return the path in the last."""

        def found() -> list[str]:
            return [
                link
                for text in self.texts_for(address)
                for link in re.findall(rf"https://[^/\s]+(/{page}/\S+)", text)
            ]

        until(lambda: len(found()) >= number, f"a mail to {address} with a link to {page}")
        return found()[number - 1]
