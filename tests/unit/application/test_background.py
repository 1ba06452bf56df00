"""Starting workers with a process, handing them on at a fork, and stopping them."""

import atexit
import signal
import sys
import threading
from types import SimpleNamespace

import pytest

from authsite.application.background import Background
from tests.processes.servers import until

#: Seconds; no test waits for it.
NEVER = 10_000.0


class Waiting:
    """A worker that waits to be stopped."""

    name = "waiting"

    def __init__(self) -> None:
        self.started = 0
        self._stopped = threading.Event()

    def work(self) -> None:
        """Count the start, then wait."""
        self.started += 1
        self._stopped.wait()

    def stop(self) -> None:
        """End the wait."""
        self._stopped.set()


class Port:
    """A listener that records its calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self.calls[-1:] == ["start"]

    def start(self) -> None:
        """Open the port."""
        self.calls.append("start")

    def stop(self) -> None:
        """Close the port."""
        self.calls.append("stop")

    def forget(self) -> None:
        """Close the copy of the port."""
        self.calls.append("forget")


@pytest.fixture
def worker() -> Waiting:
    return Waiting()


@pytest.fixture
def port() -> Port:
    return Port()


@pytest.fixture
def background_of(monkeypatch, worker, port):
    """Build what is scheduled as in a process that serves; undo it after the test."""
    monkeypatch.setattr(Background, "is_enabled", True)
    before, made = signal.getsignal(signal.SIGTERM), []

    def build(delay: float) -> Background:
        made.append(Background([worker], listener=port, delay=delay))
        return made[-1]

    yield build
    for background in made:
        background.stop()
        atexit.unregister(background.stop)
    signal.signal(signal.SIGTERM, before)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def test_workers_start_after_the_delay(background_of, worker):
    background_of(NEVER).schedule()
    background_of(0.0).schedule()
    until(lambda: worker.started, "the start")
    assert worker.started == 1


def test_workers_start_once(background_of, worker):
    background = background_of(NEVER)
    background.start()
    background.start()
    until(lambda: worker.started, "the start")
    assert threads().count("waiting") == 1


def test_stop_ends_workers_and_cancels_the_start(background_of, worker):
    background = background_of(NEVER)
    background.schedule()
    background.start()
    background.stop()
    assert "waiting" not in threads()
    assert not any(isinstance(each, threading.Timer) for each in threading.enumerate())
    background.stop()
    background.after_fork_in_child()
    background.start()
    assert "waiting" not in threads()


def test_stop_times_out(background_of, port, monkeypatch, caplog):
    monkeypatch.setattr("authsite.application.background.STOP_TIMEOUT", 0.01)
    stuck, released = Waiting(), threading.Event()
    stuck.work = released.wait
    background = Background([stuck], listener=port)
    background.start()
    background.stop()
    assert "waiting" in threads()
    assert caplog.messages == ["sys_worker_cut_off: waiting had not ended with the process"]
    released.set()


def test_fork_before_the_start_hands_it_to_the_child(background_of, worker):
    """Both sides are played by this process."""
    background = background_of(0.1)
    background.schedule()
    background.before_fork()
    assert not any(isinstance(each, threading.Timer) for each in threading.enumerate())
    assert worker.started == 0
    background.after_fork_in_child()
    until(lambda: worker.started, "the start in the child")


def test_listener_starts_without_a_delay(background_of, port, worker):
    background = background_of(NEVER)
    background.schedule()
    assert port.is_open
    assert worker.started == 0
    background.stop()
    assert not port.is_open


def test_fork_before_the_start_hands_the_port_to_the_child(background_of, port):
    background = background_of(NEVER)
    background.schedule()
    background.before_fork()
    assert port.calls == ["start", "stop"]
    background.after_fork_in_child()
    assert port.calls[2:] == ["forget", "start"]


def test_fork_after_the_start_leaves_the_port_with_the_parent(background_of, worker, port):
    background = background_of(0.0)
    background.schedule()
    until(lambda: worker.started, "the start")
    background.before_fork()
    assert port.is_open
    for _ in range(2):  # in the child, and in a child of the child
        background.after_fork_in_child()
    assert port.calls == ["start", "forget", "forget"]
    worker.stop()
    until(lambda: "waiting" not in threads(), "the end")


def test_child_forgets_the_connections_of_its_parent(background_of, worker, port):
    forgotten = []
    background = Background(
        [worker], listener=port, forget_connections=lambda: forgotten.append(True)
    )
    background.start()
    assert not forgotten
    background.after_fork_in_child()
    assert forgotten
    assert port.calls == ["forget"]
    background.stop()
    worker.stop()


def test_fork_that_postpones_the_start_is_logged(background_of, caplog):
    caplog.set_level("INFO", "authsite")
    background = background_of(NEVER)
    background.before_fork()
    assert not caplog.records
    background.schedule()
    background.before_fork()
    assert [record.getMessage() for record in caplog.records] == [
        "sys_background: left to the processes that this one forks"
    ]


def test_fork_after_the_start_leaves_it_with_the_parent(background_of, worker):
    background = background_of(0.0)
    background.start()
    background.before_fork()
    assert "waiting" in threads()
    background.after_fork_in_child()
    background.start()
    assert threads().count("waiting") == 1
    worker.stop()


def uwsgi(monkeypatch, **members):
    """Let this process be one of uWSGI's."""
    module = SimpleNamespace(**members)
    monkeypatch.setitem(sys.modules, "uwsgi", module)
    return module


def test_uwsgi_starts_workers_after_its_own_forks(background_of, worker, port, monkeypatch):
    greeting_name = []
    module = uwsgi(monkeypatch, worker_id=lambda: 0, post_fork_hook=lambda: greeting_name.append(1))
    before = threads()
    background_of(0.0).schedule()
    assert threads() == before
    assert port.calls == []
    module.post_fork_hook()
    assert port.is_open
    until(lambda: worker.started, "the start in the child")
    assert greeting_name == [1]


def test_uwsgi_that_has_forked_is_like_any_server(background_of, worker, monkeypatch):
    uwsgi(monkeypatch, worker_id=lambda: 1)
    background_of(0.0).schedule()
    until(lambda: worker.started, "the start")


def test_disabled_processes_schedule_nothing(background_of, port, monkeypatch):
    monkeypatch.setattr(Background, "is_enabled", False)
    before = threads()
    background_of(0.0).schedule()
    assert threads() == before
    assert port.calls == []


def test_sigterm_exits_unless_the_server_handles_it(background_of):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    background_of(NEVER).schedule()
    with pytest.raises(SystemExit) as ended:
        signal.raise_signal(signal.SIGTERM)
    assert ended.value.code is None
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    background_of(NEVER).schedule()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


def test_sigterm_is_left_alone_outside_the_main_thread(background_of):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    thread = threading.Thread(target=background_of(NEVER).schedule)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
