"""The log of an outage: a line per cause, their number, and the end."""

import logging
import threading

import pytest
import sqlalchemy as sa

from authsite.db.outages import OutageLog
from tests.processes.servers import until

#: Seconds; longer than any test runs.
NEVER = 10_000.0
WHAT = "sys_database_unavailable"


def an_error(reason):
    return sa.exc.OperationalError("SELECT secret", {"name": "Ada"}, Exception(reason))


@pytest.fixture
def outage_log(caplog):
    """Build a log of outages, with these intervals in seconds."""
    caplog.set_level(logging.INFO)
    built = []

    def build(is_over=lambda: False, *, interval=NEVER, repeat=NEVER):
        built.append(OutageLog(is_over, interval=interval, repeat=repeat))
        return built[-1]

    yield build
    for each in built:
        each.stop()


def test_each_cause_is_logged_once_in_one_line(outage_log, caplog):
    log = outage_log()
    for _ in range(3):
        log.report(WHAT, an_error("connection refused\n  Is the server running?"))
        log.report(WHAT, an_error("the disk is full"))
        log.report("sys_purge: deferred", an_error("the disk is full"), level=logging.WARNING)
    assert [(each.levelname, each.event, each.getMessage()) for each in caplog.records] == [
        ("ERROR", WHAT, f"{WHAT}: connection refused Is the server running?"),
        ("ERROR", WHAT, f"{WHAT}: the disk is full"),
        ("WARNING", "sys_purge", "sys_purge: deferred: the disk is full"),
    ]
    assert not any(each.exc_info for each in caplog.records)


def test_causes_that_differ_in_later_lines_are_one(outage_log, caplog):
    log = outage_log()
    for process in (17, 42):
        log.report(WHAT, an_error(f"deadlock detected\nProcess {process} waits"))
    assert caplog.messages == [f"{WHAT}: deadlock detected Process 17 waits"]


def test_cause_without_text_is_named_by_its_type(outage_log, caplog):
    outage_log().report(WHAT, TimeoutError())
    assert caplog.messages == [f"{WHAT}: TimeoutError"]


def test_long_cause_is_cut(outage_log, caplog):
    outage_log().report(WHAT, an_error("x" * 301))
    assert caplog.messages == [f"{WHAT}: {'x' * 300}…"]


def test_repeated_cause_is_counted(outage_log, caplog):
    log = outage_log(interval=0.01, repeat=0.0)
    for _ in range(4):
        log.report(WHAT, an_error("away"))
    log.report(WHAT, an_error("once"))
    first, once, *counts = [f"{WHAT}: away", f"{WHAT}: once", f"{WHAT}: away (3 more)"]
    until(lambda: len(caplog.messages) >= 3, "the count")
    assert caplog.messages == [first, once, *counts]


def test_cause_is_not_counted_too_often(outage_log, caplog):
    looks = threading.Semaphore(0)
    log = outage_log(looks.release, interval=0.01)
    for _ in range(2):
        log.report(WHAT, an_error("away"))
    for _ in range(3):
        assert looks.acquire(timeout=60)
    assert caplog.messages == [f"{WHAT}: away"]


def test_end_of_an_outage_is_logged(outage_log, caplog):
    """Afterwards the same cause is a new outage."""
    answers = iter([False, True])
    log = outage_log(lambda: next(answers, True), interval=0.01)
    for number in (1, 2):
        log.report(WHAT, an_error("away"))
        until(lambda number=number: len(caplog.records) == 2 * number, "the end")
    end = "sys_database_available: it works again, after 1 errors in 0 s"
    assert caplog.messages == [f"{WHAT}: away", end] * 2
    assert caplog.records[1].event == "sys_database_available"


def test_failed_look_does_not_end_the_log(outage_log, caplog):
    looks = iter([ZeroDivisionError(), None])

    def is_over():
        if error := next(looks):
            raise error
        return True

    log = outage_log(is_over, interval=0.01)
    log.report(WHAT, an_error("away"))
    until(lambda: len(caplog.messages) == 2, "the end")


def test_error_during_the_last_look_continues_the_outage(outage_log, caplog):
    log = outage_log(lambda: log.report(WHAT, an_error("another")) or True, interval=0.05)
    log.report(WHAT, an_error("away"))
    until(lambda: f"{WHAT}: another" in caplog.messages, "the error")
    assert caplog.messages == [f"{WHAT}: away", f"{WHAT}: another"]


def test_stopped_log_starts_again(outage_log, caplog):
    log = outage_log()
    log.report(WHAT, an_error("away"))
    [thread] = [each for each in threading.enumerate() if each.name == "outage"][-1:]
    log.stop()
    thread.join(60)
    assert not thread.is_alive()
    log.report(WHAT, an_error("away"))
    assert caplog.messages == [f"{WHAT}: away"] * 2


def test_log_stopped_during_its_last_look_is_silent(outage_log, caplog):
    log = outage_log(lambda: log.stop() or True, interval=0.01)
    log.report(WHAT, an_error("away"))
    [thread] = [each for each in threading.enumerate() if each.name == "outage"][-1:]
    thread.join(60)
    assert caplog.messages == [f"{WHAT}: away"]


def test_forked_process_has_an_outage_of_its_own(outage_log, caplog):
    log = outage_log()
    log.report(WHAT, an_error("away"))
    log.forget_thread()
    log.report(WHAT, an_error("away"))
    assert caplog.messages == [f"{WHAT}: away"] * 2
