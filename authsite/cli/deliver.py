"""`authsite deliver`: a worker that delivers the outbox."""

import signal
import threading

import click
from pyramid.paster import setup_logging

from authsite.cli.errors import CommandError
from authsite.cli.options import example, ini_argument
from authsite.cli.output import format_json
from authsite.cli.site import open_site
from authsite.clock import utc_now
from authsite.mail.worker import MailWorker

#: What ends it: a service manager, and Ctrl-C.
_ENDS = (signal.SIGTERM, signal.SIGINT)


@click.command(epilog=example("deliver production.ini"))
@ini_argument
@click.option("--once", is_flag=True, help="Deliver what is due, then exit.")
@click.option("--json", "as_json", is_flag=True, help="With --once: print the result as JSON.")
def deliver(ini: str, once: bool, as_json: bool) -> None:
    """Deliver emails from the outbox until stopped.

    Logs as the ini file configures it. SIGTERM and Ctrl-C end it after the current email.
    """
    if as_json and not once:
        raise click.UsageError("--json needs --once.")
    with open_site(ini) as request:
        setup_logging(ini)
        worker = request.services.mail_worker
        if not worker.delivers:
            raise CommandError("authsite.mail.host is not set, so no email can be sent")
        if once:
            _deliver_once(worker, as_json=as_json)
        else:
            _deliver_until_stopped(worker)


def _deliver_once(worker: MailWorker, *, as_json: bool) -> None:
    ended = worker.deliver_due(now=utc_now())
    counts = {"delivered": ended.delivered, "deferred": ended.rescheduled, "failed": ended.failed}
    if as_json:
        click.echo(format_json(counts | {"server_unavailable": ended.server_unavailable}), nl=False)
    else:
        click.echo(", ".join(f"{number} {outcome}" for outcome, number in counts.items()))
    if ended.server_unavailable is not None:
        raise CommandError(f"the mail server cannot be used: {ended.server_unavailable}")


def _deliver_until_stopped(worker: MailWorker) -> None:
    """Let a thread work while this one waits for a signal, so that no delivery is cut short."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)  # the thread inherits it
    try:
        thread = threading.Thread(target=worker.work, name="mail worker", daemon=True)
        thread.start()
        ended_by = signal.sigwait(_ENDS)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    worker.stop()
    thread.join()  # a second signal ends it at once
    if ended_by == signal.SIGINT:
        raise KeyboardInterrupt
