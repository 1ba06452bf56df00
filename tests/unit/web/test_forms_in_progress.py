"""Forms in progress: an equal form waits until the first is answered."""

import threading
from concurrent.futures import ThreadPoolExecutor

from authsite.web.forms_in_progress import FormsInProgress

#: Seconds after which a test has failed.
TIMEOUT = 10


def test_equal_form_waits_until_the_first_leaves():
    forms, order = FormsInProgress(), []
    assert not forms.enter(b"a")

    def enter() -> None:
        assert forms.enter(b"a")
        order.append("second")

    thread = threading.Thread(target=enter)
    thread.start()
    assert not forms.enter(b"b")  # another form does not wait
    forms.leave(b"b")
    order.append("first")
    forms.leave(b"a")
    thread.join(TIMEOUT)
    assert order == ["first", "second"]


def test_equal_forms_run_one_at_a_time():
    forms, running, seen = FormsInProgress(), [], set()

    def run(_number: int) -> None:
        forms.enter(b"a")
        running.append(None)
        seen.add(len(running))
        running.pop()
        forms.leave(b"a")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(200)))
    assert seen == {1}


def test_form_does_not_wait_if_too_many_do():
    """Waiting requests must not take all threads."""
    forms = FormsInProgress(max_waiting=0)
    for _ in range(2):
        assert not forms.enter(b"a")
    for _ in range(2):
        forms.leave(b"a")


def test_form_does_not_wait_forever():
    forms = FormsInProgress(timeout=0.01)
    for _ in range(2):
        forms.enter(b"a")
