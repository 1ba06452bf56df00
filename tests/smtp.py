"""A mail server for the tests, with replies set by the test."""

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
    """A received message with its envelope."""

    sender: str
    recipients: list[str]
    content: bytes
    #: Whether the connection was encrypted, and the authenticated user.
    encrypted: bool
    username: str | None

    @property
    def mail(self) -> EmailMessage:
        """The parsed message."""
        return email.message_from_bytes(self.content, policy=email.policy.default)


class Mailserver:
    """Accepts every message, unless `answers` has another reply.

    `answers` has replies for the next uses of a command. While it `hangs`, clients that have sent a
    message get no reply; `waiting` is their number. `connections` counts all connections.
    """

    def __init__(self) -> None:
        self.port = 0
        self.received: list[Received] = []
        self.answers: dict[str, list[str]] = {}
        self.hangs = False
        self.waiting = 0
        self.connections = 0
        self.greeted_by = ""
        #: Is called when a message was received, before the reply.
        self.on_data: Callable[[], None] = lambda: None

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        """Accept or refuse a sender."""
        reply = self.answer("MAIL")
        if reply == OK:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        """Accept or refuse a recipient."""
        reply = self.answer("RCPT")
        if reply == OK:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return reply

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Accept or refuse a message; store an accepted one."""
        self.waiting += 1
        try:
            while self.hangs:
                await asyncio.sleep(0.01)
        finally:
            self.waiting -= 1
        self.on_data()
        reply = self.answer("DATA")
        if reply == OK:
            username = session.auth_data.login.decode() if session.auth_data else None
            self.received.append(
                Received(
                    envelope.mail_from,
                    list(envelope.rcpt_tos),
                    envelope.original_content,
                    server.transport.get_extra_info("sslcontext") is not None,
                    username,
                )
            )
        return reply

    def answer(self, command: str) -> str:
        """Return the reply to a command."""
        waiting = self.answers.get(command)
        return waiting.pop(0) if waiting else OK


class _Protocol(SMTP):
    """Replies to the commands that handlers cannot refuse."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.transport is None:  # not again for STARTTLS
            self.event_handler.connections += 1
        super().connection_made(transport)

    async def smtp_EHLO(self, name: str) -> None:  # noqa: N802
        await self._reply_or(super().smtp_EHLO, "EHLO", name)
        if self.session.host_name:
            self.event_handler.greeted_by = self.session.host_name

    async def smtp_HELO(self, name: str) -> None:  # noqa: N802
        await self._reply_or(super().smtp_HELO, "HELO", name)

    async def smtp_RSET(self, argument: str) -> None:  # noqa: N802
        await self._reply_or(super().smtp_RSET, "RSET", argument)

    async def smtp_AUTH(self, argument: str) -> None:  # noqa: N802
        await self._reply_or(super().smtp_AUTH, "AUTH", argument)

    async def _reply_or(
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
    """A certificate authority of the tests, and its certificates."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        #: The file with the certificate of the authority.
        self.file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(self.file)

    def server_of(self, host: str, **certificate: Any) -> ssl.SSLContext:
        """Return the TLS context of a server with a certificate for this host."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._authority.issue_cert(host, **certificate).configure_cert(context)
        return context


def _authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
) -> AuthResult:
    assert isinstance(data, LoginPassword)
    is_valid = (data.login.decode(), data.password.decode()) == (USERNAME, PASSWORD)
    return AuthResult(success=is_valid, handled=False, auth_data=data if is_valid else None)


@contextmanager
def a_mailserver(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    login: bool = False,
) -> Iterator[Mailserver]:
    """Run a mail server on a port of this machine, on its own thread."""
    server = Mailserver()
    options: dict[str, Any] = {"tls_context": starttls, "require_starttls": starttls is not None}
    if login:
        options |= {"authenticator": _authenticate, "auth_required": True}
    loop = asyncio.new_event_loop()
    # On its own thread: that of a test may have a running loop of a browser.
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
    await asyncio.sleep(0)  # closes the connections
