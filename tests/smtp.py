"""A mail server for the tests: a real one, which answers as it is told, and keeps what it takes."""

import asyncio
import email
import email.policy
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

OK = "250 2.0.0 OK"
#: No reply, and the end of the connection.
HANG_UP = ""
USERNAME, PASSWORD = "authsite", "a password for the mail server"


class Received(NamedTuple):
    """A message as the server has taken it: the envelope, and what was in it."""

    sender: str
    recipients: list[str]
    content: bytes
    #: Whether it came encrypted, and who had signed in.
    encrypted: bool
    username: str | None

    @property
    def mail(self) -> EmailMessage:
        """The message as a mail program reads it."""
        return email.message_from_bytes(self.content, policy=email.policy.default)


class Mailserver:
    """Takes every message, until it is told otherwise.

    `answers` has other replies for a command, one for each time, then again the usual one. While it
    `hangs`, it lets a client wait that has sent a message; `waiting` says how many do.
    `connections` counts those who began a conversation.
    """

    def __init__(self) -> None:
        self.port = 0
        self.received: list[Received] = []
        self.answers: dict[str, list[str]] = {}
        self.hangs = False
        self.waiting = 0
        self.connections = 0
        self.greeted_by = ""
        #: What happens when a message has come and is not answered yet.
        self.on_data: Callable[[], None] = lambda: None

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        """Judge a sender."""
        reply = self.answer("MAIL")
        if reply == OK:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        """Judge a recipient."""
        reply = self.answer("RCPT")
        if reply == OK:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return reply

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Judge a message, and keep it if it is taken."""
        self.waiting += 1
        try:
            while self.hangs:
                await asyncio.sleep(0.01)
        finally:
            self.waiting -= 1
        self.on_data()
        reply = self.answer("DATA")
        if reply == OK:
            login = session.auth_data.login.decode() if session.auth_data else None
            self.received.append(
                Received(
                    envelope.mail_from,
                    list(envelope.rcpt_tos),
                    envelope.original_content,
                    server.transport.get_extra_info("sslcontext") is not None,
                    login,
                )
            )
        return reply

    def answer(self, command: str) -> str:
        """Return what a command is to be answered."""
        waiting = self.answers.get(command)
        return waiting.pop(0) if waiting else OK


class _Protocol(SMTP):
    """The commands that are answered before a message comes, and that no handler can refuse."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.transport is None:  # not again for STARTTLS
            self.event_handler.connections += 1
        super().connection_made(transport)

    async def smtp_EHLO(self, name: str) -> None:  # noqa: N802
        await self._unless_told(super().smtp_EHLO, "EHLO", name)
        if self.session.host_name:
            self.event_handler.greeted_by = self.session.host_name

    async def smtp_HELO(self, name: str) -> None:  # noqa: N802
        await self._unless_told(super().smtp_HELO, "HELO", name)

    async def smtp_RSET(self, argument: str) -> None:  # noqa: N802
        await self._unless_told(super().smtp_RSET, "RSET", argument)

    async def smtp_AUTH(self, argument: str) -> None:  # noqa: N802
        await self._unless_told(super().smtp_AUTH, "AUTH", argument)

    async def _unless_told(
        self, usual: Callable[[str], Awaitable[None]], command: str, argument: str
    ) -> None:
        reply = self.event_handler.answer(command)
        if reply == OK:
            await usual(argument)
        elif reply == HANG_UP:
            self.transport.close()
        else:
            await self.push(reply)


class Certificates:
    """An authority that no system knows, and what it vouches for."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        #: The file by which the authority is trusted.
        self.file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(self.file)

    def server_of(self, host: str, **certificate: Any) -> ssl.SSLContext:
        """Return what a server needs to prove that it is this host; the rest is trustme's."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._authority.issue_cert(host, **certificate).configure_cert(context)
        return context


def _authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
) -> AuthResult:
    assert isinstance(data, LoginPassword)
    right = (data.login.decode(), data.password.decode()) == (USERNAME, PASSWORD)
    return AuthResult(success=right, handled=False, auth_data=data if right else None)


@contextmanager
def a_mailserver(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    login: bool = False,
) -> Iterator[Mailserver]:
    """Run a mail server on a port of this machine, on a thread of its own."""
    server = Mailserver()
    options: dict[str, Any] = {"tls_context": starttls, "require_starttls": starttls is not None}
    if login:
        options |= {"authenticator": _authenticate, "auth_required": True}
    loop = asyncio.new_event_loop()
    # All on a thread of its own: in that of a test, a browser may have a loop that runs.
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    listening = asyncio.run_coroutine_threadsafe(
        loop.create_server(
            lambda: _Protocol(server, loop=loop, **options), "127.0.0.1", 0, ssl=tls
        ),
        loop,
    ).result()
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.hangs = False
        asyncio.run_coroutine_threadsafe(_end(listening), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(listening: asyncio.Server) -> None:
    listening.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)  # in which the connections are closed
