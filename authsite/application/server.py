"""waitress, for ini files: it answers what it has received before the process ends.

    [server:main]
    paste.server_factory = authsite.application.server:Server
    stop_timeout = 25

waitress' own server (`egg:waitress#main`) drops requests that it has not read and those that wait
for a thread, and closes connections that a proxy keeps open, perhaps as a form arrives on one.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer
from waitress.task import WSGITask

log = logging.getLogger(__name__)

#: Seconds that a connection without a request stays open when the server ends. A proxy may have
#: sent one that has not arrived.
QUIET = 1.0
#: Seconds between two looks at quiet connections.
_PAUSE = 0.1


class Server:
    """The waitress server of a process: created before the application, called with it.

    On SIGTERM, and on SIGINT unless the process ignores it, the server refuses new connections,
    answers the requests on those it has, closes them and returns. It waits `channel_timeout`
    seconds for clients that send or read slowly. If the process has not ended after `stop_timeout`
    seconds, it is cut off. Other options are those of waitress.
    """

    def __init__(
        self, _global_conf: dict[str, str], *, stop_timeout: str = "25", **options: str
    ) -> None:
        self._options = options
        self._sockets: dict[int, Any] = {}
        self._servers: list[BaseWSGIServer] = []
        self._is_ending = False
        #: Runs until the process ends, since threads may keep it from ending.
        self.watchdog = threading.Timer(int(stop_timeout), _give_up)
        self.watchdog.daemon = True
        signal.signal(signal.SIGTERM, self._end)
        # A shell script lets its background jobs ignore SIGINT: Ctrl-C is not meant for them.
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._end)

    def __call__(self, application: Callable[..., Any]) -> None:
        """Serve the application until a signal ends it."""
        server = create_server(application, map=self._sockets, **self._options)
        self._servers = [each for each in self._sockets.values() if _listens(each)]
        for each in self._servers:
            each.channel_class = _Channel
        server.print_listen("Serving on http://{}:{}")
        while not self._is_ending:
            self._poll(self._servers[0].adj.asyncore_loop_timeout)
        self.watchdog.start()
        self._drain()
        self._servers[0].task_dispatcher.shutdown()
        self._servers = []  # first: another signal must not use closed ones
        wasyncore.close_all(self._sockets)

    def _end(self, _number: int, _frame: object) -> None:
        """Note the signal and wake the loop."""
        self._is_ending = True
        for server in self._servers:
            server.pull_trigger()

    def _poll(self, timeout: float) -> None:
        use_poll = self._servers[0].adj.asyncore_use_poll
        wasyncore.loop(timeout, use_poll=use_poll, map=self._sockets, count=1)

    def _drain(self) -> None:
        for server in self._servers:
            for _ in range(server.adj.backlog):  # clients have connected to the kernel already
                server.handle_accept()
            wasyncore.dispatcher.close(server)  # its own `close` takes the trigger from threads
        deadline = time.time() + self._servers[0].adj.channel_timeout
        while channels := [each for server in self._servers for each in _channels(server)]:
            now = time.time()
            for channel in channels:
                if channel.will_close:  # it waited for a client that reads nothing
                    channel.handle_close()
                elif not channel.requests:
                    is_flushed = not channel.total_outbufs_len
                    is_quiet = is_flushed and channel.last_activity < now - QUIET
                    channel.will_close = is_quiet or now >= deadline
            self._poll(_PAUSE)


class _Task(WSGITask):
    """Closes its connection once the server ends, so that the client's next one leads elsewhere."""

    def build_response_header(self) -> bytes:
        if not self.channel.server.accepting:
            self.request.headers["CONNECTION"] = "close"
        header: bytes = super().build_response_header()
        return header


class _Channel(HTTPChannel):
    task_class = _Task


def _listens(socket: object) -> bool:
    return isinstance(socket, BaseWSGIServer)


def _channels(server: BaseWSGIServer) -> list[HTTPChannel]:
    return list(server.active_channels.values())


def _give_up() -> None:
    """End the process at once; requests are cut off, and emails are sent again later."""
    log.error("sys_stop_timeout: the process was cut off, with requests or emails under way")
    os._exit(1)
