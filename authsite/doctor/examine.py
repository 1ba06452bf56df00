"""Run the checks: each to its end, or to the end of its time."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future

from authsite.doctor.checks import CHECKS, Check
from authsite.doctor.finding import Finding, Status, fail, in_one_line, ok
from authsite.doctor.sources import redact
from authsite.doctor.subject import Subject

#: Answers of a database or a mail server that one check waits for.
_ANSWERS = 3


def examine(subject: Subject, *, checks: Sequence[Check] = CHECKS) -> Iterator[Finding]:
    """Yield what each check finds; a check that needs a failed one is skipped.

    Checks from outside run if the subject says so.

    An exception in a check is a finding, too. A check that does not end is abandoned.
    """
    failed: set[str] = set()
    for check in (each for each in checks if subject.outside or not each.outside):
        for found in _findings(check, subject, failed):
            if found.status in (Status.FAIL, Status.SKIPPED):
                failed.add(check.name)
            fix = found.fix or (check.fix if found.status in (Status.WARN, Status.FAIL) else "")
            message, fix = (redact(text, subject=subject) for text in (found.message, fix))
            yield Finding(found.status, message, fix, check.name)


def exit_status(findings: Iterable[Finding]) -> int:
    """Return 1 if a check has failed, 0 otherwise."""
    return int(any(finding.status is Status.FAIL for finding in findings))


def _findings(check: Check, subject: Subject, failed: set[str]) -> list[Finding]:
    for need in check.needs:
        if need in failed:
            return [Finding(Status.SKIPPED, f"Not checked, because this failed: {need}.")]
    if check.production_only and subject.in_development:
        return [ok("Not needed in development.")]
    if check.backend and check.backend != subject.database_url.get_backend_name():
        return []
    return _run(check, subject)


def _run(check: Check, subject: Subject) -> list[Finding]:
    """Run a check on a thread: name servers may not answer either, and know no timeout."""
    seconds = _ANSWERS * subject.timeout
    result: Future[list[Finding]] = Future()

    def run() -> None:
        try:
            found = check.run(subject)
            result.set_result([found] if isinstance(found, Finding) else found)
        except Exception as error:
            result.set_exception(error)

    threading.Thread(target=run, name=f"check {check.name}", daemon=True).start()
    try:
        return result.result(seconds)
    except TimeoutError:
        return [fail(f"No answer within {seconds:g} s.", "Make sure that it can be reached.")]
    except Exception as error:
        message = f"The check broke off: {type(error).__name__}: {in_one_line(error)}"
        return [fail(message, "Fix that, or report it as a bug.")]
