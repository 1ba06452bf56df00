"""`authsite deliver`: bring what is in the outbox to the mail server."""

import argparse
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from functools import partial

from pyramid.paster import setup_logging
from pyramid.registry import Registry

from authsite.clock import utc_now
from authsite.commands.as_json import as_json
from authsite.commands.ini_file import add_ini_file, with_site
from authsite.commands.not_done import NotDone
from authsite.mail.delivery import DeliveryResult
from authsite.mail.worker import MailWorker
from authsite.services import services_of

HELP = "deliver what is in the outbox, until it is stopped, or once"

#: What ends it: a service manager, and Ctrl-C.
_ENDS = (signal.SIGTERM, signal.SIGINT)


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Make the command ask for an ini file, and take how often."""
    add_ini_file(command)
    command.add_argument("--once", action="store_true", help="deliver what is due, and end")
    command.add_argument("--json", action="store_true", help="with --once: answer as JSON")
    command.set_defaults(refuse=command.error)


def run(asked: argparse.Namespace) -> int:
    """Deliver; the log goes where the ini file says."""
    if asked.json and not asked.once:
        asked.refuse("--json goes with --once")
    tell = _as_json if asked.json else _as_text
    deliver = partial(_deliver_once, tell) if asked.once else _deliver_on_and_on

    def deliver_and_log(registry: Registry) -> int:
        setup_logging(asked.ini)
        return deliver(registry)

    return with_site(deliver_and_log)(asked)


def _courier_of(registry: Registry) -> MailWorker:
    mail_worker = services_of(registry).mail_worker
    if not mail_worker.delivers:
        raise NotDone("authsite.mail.host is not set: in development no mail leaves the machine")
    return mail_worker


def _deliver_once(tell: Callable[[DeliveryResult], str], registry: Registry) -> int:
    ended = _courier_of(registry).deliver_due(now=utc_now())
    sys.stdout.write(tell(ended))
    if ended.server_unavailable is not None:
        raise NotDone(f"the mail server cannot be used: {ended.server_unavailable}")
    return 0


def _as_text(ended: DeliveryResult) -> str:
    return f"{ended.delivered} delivered, {ended.reschedule} put off, {ended.given_up} given up\n"


def _as_json(ended: DeliveryResult) -> str:
    return as_json(asdict(ended))


def _deliver_on_and_on(registry: Registry) -> int:
    """Let a thread work while this one waits for a signal, which disturbs no conversation."""
    mail_worker = _courier_of(registry)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)  # the thread inherits it
    try:
        thread = threading.Thread(target=mail_worker.work, name="courier", daemon=True)
        thread.start()
        ended_by = signal.sigwait(_ENDS)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    mail_worker.stop()
    thread.join()  # a second signal ends it at once
    if ended_by == signal.SIGINT:
        raise KeyboardInterrupt
    return 0
