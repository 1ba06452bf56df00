"""A client that floods the site with right passwords keeps no one else out."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from webtest import TestApp

from tests.browsers import Browser
from tests.throttles import UNTHROTTLED

EVE, HERE, THERE = "eve@example.com", "203.0.113.7", "198.51.100.7"
#: A queue of eight places, and hashes of some ten milliseconds.
SMALL_QUEUE = {
    "authsite.passwords.hash_threads": "1",
    "authsite.passwords.hash_queue_size": "7",
    "authsite.passwords.time_cost": "3",
    "authsite.passwords.memory_cost": "8192",
}
CLIENTS = 10
#: Seconds within which the flood fills its share.
PATIENCE = 60


@contextmanager
def flood(browsers: list[Browser], *, keeps_cookies: bool) -> Iterator[set[int]]:
    """Let the browsers sign Eve in again and again during the block; collect the statuses.

    The block begins when one was refused, so that the share of the flood is full.
    """
    ended, refused, statuses = threading.Event(), threading.Event(), set()

    def sign_in(browser: Browser) -> None:
        while not ended.is_set():
            status = browser.sign_in(EVE).status_int
            statuses.add(status)
            if status == 503:
                refused.set()
                ended.wait(0.2)  # as any client, it takes a moment to send the next form
            elif keeps_cookies:
                browser.sign_out()
            else:
                browser.app.reset()

    with ThreadPoolExecutor(len(browsers)) as pool:
        clients = [pool.submit(sign_in, browser) for browser in browsers]
        try:
            assert refused.wait(PATIENCE)
            yield statuses
        finally:
            ended.set()
    for client in clients:
        client.result()


@pytest.mark.asvs("15.2.2", "6.3.1")
@pytest.mark.parametrize("keeps_cookies", [False, True], ids=["no cookies", "cookies"])
@pytest.mark.parametrize("network", [HERE, THERE], ids=["another network", "same network"])
@pytest.mark.one_database
def test_owner_on_a_known_device_gets_in_during_a_flood(new_site, network, keeps_cookies):
    """Throttles are off, so that the shares of the hash queue decide."""
    _, ada = new_site(SMALL_QUEUE | UNTHROTTLED, REMOTE_ADDR=THERE)
    ada.sign_up()
    ada.sign_out()
    environ = {"REMOTE_ADDR": network}
    browsers = [Browser(TestApp(ada.app.app, extra_environ=environ)) for _ in range(CLIENTS)]
    browsers[0].sign_up(email=EVE)
    browsers[0].sign_out()
    answers = []
    with flood(browsers, keeps_cookies=keeps_cookies) as statuses:
        for _ in range(4):
            answers.append(ada.sign_in().status_int)
            if ada.is_signed_in:
                ada.sign_out()
    assert answers == [303] * 4
    assert statuses == {303, 503}
