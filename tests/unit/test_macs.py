"""Message authentication codes, and keys that are for one purpose only."""

import pytest

from authsite.tokens import derive_key, mac

#: What `openssl mac -macopt hexkey:6b6579 BLAKE2BMAC` says of `message`.
BY_OPENSSL = "a1b1483fd337f6b23318a53b756ad49d2541f3052ffb67515203dd7951b6e94e"


def test_a_code_is_keyed_blake2b():
    assert mac(b"key", b"message").hex() == BY_OPENSSL
    assert len(mac(b"key", b"message", length=16)) == 16


@pytest.mark.asvs("9.2.4", "11.2.3")
def test_each_purpose_and_each_secret_has_a_key_of_its_own():
    keys = {
        derive_key(secret, purpose) for secret in (b"a", b"b") for purpose in (b"csrf", b"device")
    }
    assert {len(key) for key in keys} == {32}
    assert len(keys) == 4
