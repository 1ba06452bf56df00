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

#: Of a service manager, and of Ctrl-C.
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


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
        worker = request.authsite.services.mail_worker
        if not worker.delivers:
            raise CommandError("authsite.mail.host is not set, so no email can be sent")
        if once:
            _deliver_once(worker, as_json=as_json)
        else:
            metrics = request.authsite.services.metrics
            metrics.start()
            try:
                _deliver_until_stopped(worker)
            finally:
                metrics.stop()


def _deliver_once(worker: MailWorker, *, as_json: bool) -> None:
    result = worker.deliver_due(now=utc_now())
    counts = {
        "delivered": result.delivered,
        "deferred": result.rescheduled,
        "failed": result.failed,
    }
    if as_json:
        shown = counts | {"server_unavailable": result.server_unavailable}
        click.echo(format_json(shown), nl=False)
    else:
        click.echo(", ".join(f"{number} {outcome}" for outcome, number in counts.items()))
    if result.server_unavailable is not None:
        raise CommandError(f"the mail server cannot be used: {result.server_unavailable}")


def _deliver_until_stopped(worker: MailWorker) -> None:
    """Deliver on a thread while this one waits for a signal, which interrupts no delivery."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)  # the thread inherits it
    try:
        thread = threading.Thread(target=worker.work, name="mail worker", daemon=True)
        thread.start()
        received = signal.sigwait(_STOP_SIGNALS)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    worker.stop()
    thread.join()  # a second signal ends it at once
    if received == signal.SIGINT:
        raise KeyboardInterrupt
