"""The places of the hash queue: shares of networks, and a reserve for known devices."""

import itertools

import pytest

from authsite.passwords.places import HashClient, Places

HERE, THERE = "192.0.2.1", "198.51.100.7"
#: The queue of a machine with two cores, with the default settings.
USUAL = 66


def unknown(network: str = HERE) -> HashClient:
    return HashClient(network)


def known(account: str = "ada@example.com", network: str = HERE) -> HashClient:
    return HashClient(network, account)


def fill(places: Places, client: HashClient | None) -> int:
    """Take every place that the client gets; return how many."""
    return next(number for number in itertools.count() if not places.take(client))


@pytest.mark.asvs("15.2.2")
def test_network_holds_at_most_a_quarter():
    places = Places(USUAL)
    assert fill(places, unknown()) == 16
    assert fill(places, unknown(THERE)) == 16


@pytest.mark.asvs("15.2.2")
def test_unknown_devices_leave_a_quarter_to_known_ones():
    places = Places(USUAL)
    taken = sum(fill(places, unknown(f"192.0.2.{number}")) for number in range(100))
    assert taken == USUAL - 16
    assert places.take(known())
    assert not places.take(unknown(THERE))


def test_known_devices_may_hold_every_place():
    places = Places(USUAL)
    for number in range(100):
        fill(places, known(f"user{number}@example.com", f"192.0.2.{number}"))
    assert not places.take(None)


@pytest.mark.asvs("15.2.2")
def test_unknown_devices_of_a_network_leave_its_known_ones_their_quarter():
    places = Places(USUAL)
    fill(places, unknown())
    taken = sum(fill(places, known(f"user{number}@example.com")) for number in range(100))
    assert taken == 16


@pytest.mark.asvs("15.2.2")
def test_known_devices_of_an_account_hold_a_quarter_of_the_quarter():
    places = Places(USUAL)
    assert fill(places, known("eve@example.com")) == 4
    assert fill(places, known("eve@example.com", THERE)) == 0
    assert fill(places, known("ada@example.com")) == 4


def test_work_without_a_client_takes_any_place():
    assert fill(Places(USUAL), None) == USUAL


@pytest.mark.parametrize("capacity", range(1, 9))
@pytest.mark.parametrize("client", [unknown(), known(), None], ids=["unknown", "known", "command"])
def test_smallest_queue_has_a_place_for_every_client(capacity, client):
    places = Places(capacity)
    assert 1 <= fill(places, client) <= capacity


@pytest.mark.parametrize("capacity", range(2, 9))
def test_small_queue_keeps_a_place_for_known_devices(capacity):
    places = Places(capacity)
    for number in range(100):
        fill(places, unknown(f"192.0.2.{number}"))
    assert places.take(known())


@pytest.mark.parametrize("client", [unknown(), known(), None], ids=["unknown", "known", "command"])
def test_place_given_back_can_be_taken_again(client):
    places = Places(USUAL)
    taken = fill(places, client)
    for _ in range(taken):
        places.release(client)
    assert fill(places, client) == taken
