"""The device cookie: a browser is known again for the accounts that it was signed in to."""

import base64
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.http.cookies import Cookie
from authsite.security.device_cookie import ACCOUNTS, LIFETIME, DeviceCookies
from tests.factories import NOW, a_request

DEVICES = DeviceCookies(b"a key", cookie=Cookie("device", https=False))
ADA, GRACE = "ada@example.com", "grace@example.com"
HASH = "$argon2id$…"


def a_browser(value: str = ""):
    """Return a request of a browser that holds this device cookie."""
    return a_request(HTTP_COOKIE=f"device={value}")


def after(*accounts: str, value: str = "", now=NOW) -> str:
    """Return what the cookie holds after signing in to these accounts one after another."""
    for account in accounts:
        _, header = DEVICES.remember(
            a_browser(value), account, HASH, user_id=f"id of {account}", now=now
        )
        value = SimpleCookie(header)["device"].value
    return value


def is_known(
    value: str, account: str, *, password_hash: str | None = HASH, now=NOW, devices=DEVICES
) -> bool:
    return devices.read(a_browser(value), account, password_hash, now=now) is not None


def was_used(value: str, account: str, *, since=None, now=NOW, devices=DEVICES) -> bool:
    return devices.recognizes(a_browser(value), f"id of {account}", since=since, now=now)


@pytest.mark.asvs("9.1.1", "9.2.2")
def test_a_browser_is_known_for_the_accounts_that_it_was_signed_in_to_and_no_other():
    value = after(ADA, GRACE)
    assert is_known(value, ADA)
    assert is_known(value, GRACE)
    assert not is_known(value, "eve@example.com")
    assert not is_known("", ADA)


@pytest.mark.asvs("9.2.2")
def test_a_new_password_makes_all_former_ones_worthless():
    """Or who knew the old one could have collected as many as they like."""
    value = after(ADA)
    assert not is_known(value, ADA, password_hash="$argon2id$another")
    assert not is_known(value, ADA, password_hash=None)


def test_whether_it_was_ever_signed_in_does_not_depend_on_the_password():
    """Whoever chose a new one has the same browser as before."""
    value = after(ADA, GRACE)
    assert was_used(value, ADA)
    assert was_used(value, GRACE)
    assert not was_used(value, "eve@example.com")
    assert not was_used("", ADA)
    assert not was_used(value, ADA, now=NOW + LIFETIME)
    assert was_used(value, ADA, since=NOW - timedelta(seconds=1))
    assert not was_used(value, ADA, since=NOW)
    assert was_used(value, ADA, now=NOW + LIFETIME - timedelta(seconds=1))
    other = DeviceCookies(b"another key", cookie=Cookie("device", https=False))
    assert not was_used(value, ADA, devices=other)


def test_a_new_password_takes_the_place_of_the_entry_before():
    value = after(GRACE, ADA)
    request, words = a_browser(value), {"user_id": f"id of {ADA}", "now": NOW}
    _, header = DEVICES.remember(request, "ada@new.example", "$argon2id$another", **words)
    assert len(SimpleCookie(header)["device"].value) == len(value)


@pytest.mark.asvs("9.2.1")
def test_it_is_known_for_a_year_since_the_last_sign_in():
    value = after(ADA)
    assert is_known(value, ADA, now=NOW + LIFETIME - timedelta(seconds=1))
    assert not is_known(value, ADA, now=NOW + LIFETIME)
    later = after(ADA, value=value, now=NOW + timedelta(days=300))
    assert is_known(later, ADA, now=NOW + LIFETIME)


def test_it_has_another_name_after_each_sign_in_and_for_each_account():
    first, second = after(ADA), after(ADA, GRACE, ADA)
    names = {DEVICES.read(a_browser(value), ADA, HASH, now=NOW) for value in (first, second)}
    names.add(DEVICES.read(a_browser(second), GRACE, HASH, now=NOW))
    assert len(names) == 3
    assert len(second) == 2 * len(first)


def test_of_many_accounts_those_used_last_are_remembered():
    accounts = [f"person{n}@example.com" for n in range(ACCOUNTS + 2)]
    value = after(*accounts)
    assert [is_known(value, account) for account in accounts] == [False] * 2 + [True] * ACCOUNTS
    assert len(value) < 300


def test_what_has_expired_makes_room():
    value = after(GRACE, value=after(ADA), now=NOW + LIFETIME)
    assert len(value) == len(after(GRACE))


def test_the_cookie_does_not_say_whose_it_is():
    decoded = base64.urlsafe_b64decode(after(ADA))
    assert b"ada" not in decoded
    assert after(ADA)[6:] != after(ADA)[6:]


@pytest.mark.asvs("9.1.1")
def test_no_byte_of_it_can_be_changed():
    value = after(ADA)
    raw = base64.urlsafe_b64decode(value)
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        spelled = base64.urlsafe_b64encode(changed).decode()
        # The last two parts are the codes: each is worth nothing without its bytes.
        assert is_known(spelled, ADA) == (place >= 32)
        assert was_used(spelled, ADA) == (16 <= place < 32)


@pytest.mark.asvs("9.2.3")
def test_that_of_another_site_is_worth_nothing():
    other = DeviceCookies(b"another key", cookie=Cookie("device", https=False))
    assert not is_known(after(ADA), ADA, devices=other)


@given(st.text(st.characters(max_codepoint=255, exclude_characters=";"), max_size=300))
def test_whatever_else_it_holds_is_no_device(value):
    assert not is_known(value, ADA)
    assert not was_used(value, ADA)
    DEVICES.remember(a_browser(value), ADA, HASH, user_id="ada", now=NOW)


@pytest.mark.parametrize(
    "broken", ["x{0}", "{0}x", "{0}{0}{0}{0}{0}", "{0}=", "ä", "A" * 64, "A" * 63 + "="]
)
def test_what_is_around_an_entry_does_no_harm(broken):
    assert is_known(broken.format(after(ADA)), ADA) == broken.startswith("{0}")
