"""Ciphertexts open with their key and at their place only, and keys can be rotated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.encryption import HEADER_BYTES, Cipher, Damaged, DecryptionError, UnknownKey

FIRST, SECOND = b"1" * 32, b"2" * 32
PLACE = ("table", "id", "column")


@pytest.mark.asvs("11.3.2")
@given(st.binary(max_size=300), st.lists(st.text(max_size=20), max_size=4))
def test_cipher_decrypts_what_it_encrypted(plaintext, place):
    cipher = Cipher([FIRST])
    assert cipher.decrypt(cipher.encrypt(plaintext, place=place), place=place) == plaintext


def test_ciphertext_shows_nothing_but_its_length():
    ciphertext = Cipher([FIRST]).encrypt(b"a token" * 9, place=PLACE)
    assert b"token" not in ciphertext
    assert len(ciphertext) == 9 * len(b"a token") + 33


@pytest.mark.asvs("11.3.4")
def test_nonces_are_not_reused():
    cipher = Cipher([FIRST])
    ciphertexts = {cipher.encrypt(b"the same", place=PLACE) for _ in range(1000)}
    nonces = {each[HEADER_BYTES : HEADER_BYTES + 12] for each in ciphertexts}
    assert len(nonces) == 1000


@pytest.mark.asvs("11.3.3")
@pytest.mark.parametrize(
    "place", [("table", "other", "column"), ("table", "idcolumn", ""), ("table", "id"), ()]
)
def test_ciphertext_cannot_be_moved(place):
    cipher = Cipher([FIRST])
    with pytest.raises(Damaged):
        cipher.decrypt(cipher.encrypt(b"text", place=PLACE), place=place)


@pytest.mark.asvs("11.2.5", "11.3.3")
def test_changed_ciphertext_is_refused():
    cipher = Cipher([FIRST])
    ciphertext = cipher.encrypt(b"text", place=PLACE)
    for position, byte in enumerate(ciphertext):
        changed = ciphertext[:position] + bytes([byte ^ 1]) + ciphertext[position + 1 :]
        with pytest.raises(DecryptionError):
            cipher.decrypt(changed, place=PLACE)
        with pytest.raises(DecryptionError):
            cipher.decrypt(ciphertext[:position], place=PLACE)


@pytest.mark.asvs("11.2.2")
def test_previous_key_only_decrypts():
    old, both, new = Cipher([FIRST]), Cipher([SECOND, FIRST]), Cipher([SECOND])
    assert both.decrypt(old.encrypt(b"old", place=PLACE), place=PLACE) == b"old"
    assert new.decrypt(both.encrypt(b"new", place=PLACE), place=PLACE) == b"new"


def test_unknown_key_is_named_as_such():
    old, new = Cipher([FIRST]), Cipher([SECOND])
    ciphertext = old.encrypt(b"old", place=PLACE)
    with pytest.raises(UnknownKey):
        new.decrypt(ciphertext, place=PLACE)
    assert old.has_key_of(ciphertext[:HEADER_BYTES])
    assert not new.has_key_of(ciphertext[:HEADER_BYTES])
