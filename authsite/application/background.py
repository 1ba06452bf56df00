"""Start and stop background work: the mail worker, the purge and the metrics listener.

Loading the application starts the listener at once and schedules the start of the workers `DELAY`
seconds later; no request is involved. The delay tells the processes that serve from those that do
not:

* A server that forks after loading (gunicorn with preload) does so at once. Its master closes the
  listener and never starts the workers; each child does both by itself, also one that replaces
  another.
* A process that forks later, while its workers run, keeps all. The child is a process of the host
  application and starts nothing.
* A script that loads the application has usually ended by then. Commands and tests
  call `disable`.

A master has no thread, port or database connection of this work when it forks, so that children
inherit none. uWSGI forks without notifying Python, so that its own hook is used there. A test,
or another kind of server, calls `start` itself.
"""

import atexit
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

log = logging.getLogger(__name__)

#: Seconds from loading the application to the start. Masters fork within some milliseconds.
DELAY = 2.0
#: Seconds that the end of the process waits for all workers together; less than `stop_timeout` of
#: production.ini.
STOP_TIMEOUT = 20.0


class Worker(Protocol):
    """The work of one thread."""

    name: str

    def work(self) -> None:
        """Work until `stop` is called from another thread."""

    def stop(self) -> None:
        """Let `work` return once its current task is done."""


class Listener(Protocol):
    """What listens on a port of its own."""

    def start(self) -> None:
        """Listen from now on."""

    def stop(self) -> None:
        """Close the port until the next start."""

    def forget(self) -> None:
        """Close what this process has inherited from the one that forked it."""


class Background:
    """The listener and the workers of one process, a thread each.

    The workers start once and cannot start again.
    """

    is_enabled = True

    def __init__(
        self,
        workers: Sequence[Worker],
        *,
        listener: Listener,
        forget_connections: Callable[[], None] = lambda: None,
        delay: float = DELAY,
    ) -> None:
        self._workers = tuple(workers)
        self._listener = listener
        self._forget_connections = forget_connections
        self._delay = delay
        self._timer: threading.Timer | None = None
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start every worker, unless they run already."""
        if not self._threads:
            self._threads = [
                threading.Thread(target=worker.work, name=worker.name, daemon=True)
                for worker in self._workers
            ]
            for thread in self._threads:
                thread.start()

    def stop(self) -> None:
        """Stop every worker, and wait up to `STOP_TIMEOUT` seconds for their current tasks."""
        self._cancel()
        for worker in self._workers:
            worker.stop()
        self._listener.stop()
        deadline = time.monotonic() + STOP_TIMEOUT
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                log.error("sys_worker_cut_off: %s had not ended with the process", thread.name)
        self._workers = ()

    def schedule(self) -> None:
        """Start in this process or in its children, whichever serve, and stop at their end."""
        if not self.is_enabled:
            return
        os.register_at_fork(before=self.before_fork, after_in_child=self.after_fork_in_child)
        atexit.register(self.stop)
        _exit_on_sigterm()
        if not self._is_left_to_uwsgi():
            self._listener.start()
            self._start_later()

    def before_fork(self) -> None:
        """Cancel a scheduled start, whose thread would not exist in the child.

        The port of the listener is then free for one of the children.
        """
        was_waiting = self._timer is not None and self._timer.is_alive()
        self._cancel()
        if was_waiting and not self._threads:  # otherwise it has just started
            log.info("sys_background: left to the processes that this one forks")
            self._listener.stop()

    def after_fork_in_child(self) -> None:
        """Forget the parent's connections and port; start, unless the parent serves itself."""
        self._forget_connections()
        self._listener.forget()
        if self._threads:
            self._workers, self._threads = (), []
        if self._workers:
            self._listener.start()
            self._start_later()

    def _is_left_to_uwsgi(self) -> bool:
        """Let uWSGI start the workers in its children, if it has not forked yet.

        A thread of its master, even a waiting one, blocks every child.
        """
        uwsgi: Any = sys.modules.get("uwsgi")  # exists in uWSGI's processes only
        if uwsgi is None or uwsgi.worker_id():
            return False
        previous_hook = getattr(uwsgi, "post_fork_hook", lambda: None)

        def start_in_child() -> None:
            previous_hook()
            self.after_fork_in_child()

        uwsgi.post_fork_hook = start_in_child
        return True

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()

    def _start_later(self) -> None:
        self._timer = threading.Timer(self._delay, self.start)
        self._timer.daemon = True
        self._timer.start()


def disable() -> None:
    """Let `schedule` do nothing in this process: a command, or tests."""
    Background.is_enabled = False


def _exit_on_sigterm() -> None:
    """Let SIGTERM unwind the process as SIGINT does, unless the server has a handler of its own.

    By default it ends Python at once, even while an email is sent.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit())
