"""The device cookie: it recognizes browsers that have signed in to an account."""

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
    """Return a request with this device cookie."""
    return a_request(HTTP_COOKIE=f"device={value}")


def after(*accounts: str, value: str = "", now=NOW) -> str:
    """Return the value of the cookie after signing in to these accounts in turn."""
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
def test_device_is_known_for_its_accounts_only():
    value = after(ADA, GRACE)
    assert is_known(value, ADA)
    assert is_known(value, GRACE)
    assert not is_known(value, "eve@example.com")
    assert not is_known("", ADA)


@pytest.mark.asvs("9.2.2")
def test_new_password_invalidates_devices():
    """An attacker who knew the old password may have collected devices."""
    value = after(ADA)
    assert not is_known(value, ADA, password_hash="$argon2id$another")
    assert not is_known(value, ADA, password_hash=None)


def test_device_is_recognized_after_a_password_change():
    """A new password does not make the browser a new one."""
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


def test_new_password_replaces_the_entry():
    value = after(GRACE, ADA)
    request, words = a_browser(value), {"user_id": f"id of {ADA}", "now": NOW}
    _, header = DEVICES.remember(request, "ada@new.example", "$argon2id$another", **words)
    assert len(SimpleCookie(header)["device"].value) == len(value)


@pytest.mark.asvs("9.2.1")
def test_device_is_known_for_a_year_since_the_last_sign_in():
    value = after(ADA)
    assert is_known(value, ADA, now=NOW + LIFETIME - timedelta(seconds=1))
    assert not is_known(value, ADA, now=NOW + LIFETIME)
    later = after(ADA, value=value, now=NOW + timedelta(days=300))
    assert is_known(later, ADA, now=NOW + LIFETIME)


def test_device_name_differs_by_sign_in_and_account():
    first, second = after(ADA), after(ADA, GRACE, ADA)
    names = {DEVICES.read(a_browser(value), ADA, HASH, now=NOW) for value in (first, second)}
    names.add(DEVICES.read(a_browser(second), GRACE, HASH, now=NOW))
    assert len(names) == 3
    assert len(second) == 2 * len(first)


def test_device_cookie_keeps_the_latest_accounts():
    accounts = [f"person{n}@example.com" for n in range(ACCOUNTS + 2)]
    value = after(*accounts)
    assert [is_known(value, account) for account in accounts] == [False] * 2 + [True] * ACCOUNTS
    assert len(value) < 300


def test_expired_entry_is_dropped():
    value = after(GRACE, value=after(ADA), now=NOW + LIFETIME)
    assert len(value) == len(after(GRACE))


def test_device_cookie_does_not_reveal_the_account():
    decoded = base64.urlsafe_b64decode(after(ADA))
    assert b"ada" not in decoded
    assert after(ADA)[6:] != after(ADA)[6:]


@pytest.mark.asvs("9.1.1")
def test_changed_byte_invalidates_its_code():
    value = after(ADA)
    raw = base64.urlsafe_b64decode(value)
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        spelled = base64.urlsafe_b64encode(changed).decode()
        # The last two parts are the codes; a changed byte invalidates one of them.
        assert is_known(spelled, ADA) == (place >= 32)
        assert was_used(spelled, ADA) == (16 <= place < 32)


@pytest.mark.asvs("9.2.3")
def test_device_cookie_of_another_key_is_refused():
    other = DeviceCookies(b"another key", cookie=Cookie("device", https=False))
    assert not is_known(after(ADA), ADA, devices=other)


@given(st.text(st.characters(max_codepoint=255, exclude_characters=";"), max_size=300))
def test_any_other_value_is_no_device(value):
    assert not is_known(value, ADA)
    assert not was_used(value, ADA)
    DEVICES.remember(a_browser(value), ADA, HASH, user_id="ada", now=NOW)


@pytest.mark.parametrize(
    "broken", ["x{0}", "{0}x", "{0}{0}{0}{0}{0}", "{0}=", "ä", "A" * 64, "A" * 63 + "="]
)
def test_text_after_a_valid_entry_is_ignored(broken):
    assert is_known(broken.format(after(ADA)), ADA) == broken.startswith("{0}")


def after_forgetting(account: str, value: str) -> str:
    """Return the value of the cookie after the browser was forgotten for this account."""
    [(_, header)] = DEVICES.forget(a_browser(value), f"id of {account}", now=NOW)
    return SimpleCookie(header)["device"].value


def test_forgotten_device_is_unknown_for_this_account_only():
    value = after(ADA, GRACE)
    left = after_forgetting(ADA, value)
    assert not is_known(left, ADA)
    assert is_known(left, GRACE)
    assert after_forgetting(GRACE, left) == ""


def test_unknown_device_is_not_forgotten():
    assert DEVICES.forget(a_browser(after(GRACE)), f"id of {ADA}", now=NOW) == []
    assert DEVICES.forget(a_browser(), f"id of {ADA}", now=NOW) == []
