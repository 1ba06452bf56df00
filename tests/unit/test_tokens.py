"""Tokens, ids, keys and message authentication codes."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.tokens import LinkToken, SessionToken, derive_key, is_id, mac, new_id

ID, SECRET = "A" * 16, "s" * 43
#: The output of `openssl mac -macopt hexkey:6b6579 BLAKE2BMAC` for `message`.
BY_OPENSSL = "a1b1483fd337f6b23318a53b756ad49d2541f3052ffb67515203dd7951b6e94e"

tokens = st.from_regex(r"[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{43}", fullmatch=True)
near_tokens = st.from_regex(r"[A-Za-z0-9_.-]{14,18}\.[A-Za-z0-9_.=-]{42,44}\s?", fullmatch=True)


@given(tokens)
def test_session_token_survives_parsing(text):
    assert str(SessionToken.parse(text)) == text


@given(tokens, st.binary(max_size=64), st.binary(max_size=64))
def test_rotated_token_has_the_same_id_and_another_secret(text, key, salt):
    token = SessionToken.parse(text)
    rotated = token.rotated(key, salt)
    assert SessionToken.parse(str(rotated)) == rotated == token.rotated(key, salt)
    assert rotated.id == token.id
    assert rotated.secret != token.secret


@pytest.mark.asvs("7.2.4")
def test_rotated_token_requires_secret_key_and_salt():
    token, key, salt = SessionToken(ID, SECRET), b"k" * 32, b"s" * 16
    others = [
        SessionToken(ID, "t" * 43).rotated(key, salt),
        token.rotated(b"l" * 32, salt),
        token.rotated(key, b"t" * 16),
    ]
    assert token.rotated(key, salt).secret not in {each.secret for each in others}
    assert len({each.secret for each in others}) == 3


@given(st.one_of(st.text(), st.binary().map(lambda b: b.decode("latin-1")), near_tokens))
def test_session_token_is_parsed_exactly_or_not(text):
    token = SessionToken.parse(text)
    assert token is None or str(token) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        ID,
        f"{ID}.",
        f".{SECRET}",
        f"{ID}{SECRET}",
        f"{ID}.{SECRET}\n",
        f" {ID}.{SECRET}",
        f"{ID}.{SECRET}=",
        f"{ID}A.{SECRET}",
        f"{ID[1:]}.{SECRET}",
        f"{ID}.{SECRET[1:]}",
        f"{ID}.{SECRET}.{SECRET}",
        f"{ID}.{'é' * 43}",
        "\u0667" * 16 + f".{SECRET}",
    ],
)
def test_malformed_text_is_no_session_token(text):
    assert SessionToken.parse(text) is None


@pytest.mark.asvs("7.2.2", "7.2.3")
def test_tokens_and_ids_are_unique():
    tokens = [SessionToken.new() for _ in range(1000)]
    assert len({token.secret for token in tokens}) == 1000
    assert len({token.id for token in tokens} | {new_id() for _ in range(1000)}) == 2000


@pytest.mark.asvs("11.5.2")
def test_tokens_of_simultaneous_threads_are_unique():
    with ThreadPoolExecutor(16) as pool:
        tokens = list(pool.map(lambda _: SessionToken.new(), range(5000)))
    assert len({token.secret for token in tokens}) == len({token.id for token in tokens}) == 5000


def test_new_tokens_survive_parsing():
    session_token, link_token = SessionToken.new(), LinkToken.new()
    assert SessionToken.parse(str(session_token)) == session_token
    assert LinkToken.parse(str(link_token)) == link_token


@pytest.mark.parametrize("text", ["", SECRET[1:], f"{SECRET}s", f"{SECRET}\n", "é" * 43])
def test_malformed_text_is_no_link_token(text):
    assert LinkToken.parse(text) is None


@pytest.mark.parametrize(
    "more", [".", ")", ">", " ", "\u00a0", "=", ").", "\u201d", "\n", "." * 10]
)
def test_link_token_is_found_before_punctuation(more):
    assert LinkToken.parse_beginning(f"{SECRET}{more}") == LinkToken(SECRET)


@pytest.mark.parametrize("text", ["", SECRET, f"{SECRET}s", f"{SECRET}.s", f"{SECRET[1:]}."])
def test_link_token_is_not_found_in_other_text(text):
    assert LinkToken.parse_beginning(text) is None
    assert LinkToken.parse_beginning(f"{SECRET}{'.' * 11}") is None


@pytest.mark.asvs("7.2.3", "11.2.3", "11.5.1")
def test_token_has_256_bits_and_id_has_96():
    token = SessionToken.new()
    assert (len(token.secret), len(token.id), len(new_id())) == (43, 16, 16)


@given(tokens)
def test_token_hides_its_secret(text):
    token = SessionToken.parse(text)
    assert token.secret not in repr(token)
    assert token.digest.hex() not in repr(token)


@pytest.mark.asvs("11.4.3")
def test_digest_is_sha_256_of_the_secret():
    assert SessionToken(ID, SECRET).digest == hashlib.sha256(SECRET.encode()).digest()


def test_token_matches_its_own_digest_only():
    token, other = SessionToken.new(), SessionToken.new()
    assert token.matches(token.digest)
    assert not token.matches(other.digest)
    assert not token.matches(b"")
    assert not token.matches(token.secret.encode())


@pytest.mark.parametrize(
    "text", ["", "x", "A" * 15, "A" * 17, "A" * 15 + "\n", "A" * 15 + "\x00", "Ä" * 16]
)
def test_malformed_text_is_no_id(text):
    assert not is_id(text)
    assert is_id(new_id())


def test_mac_is_keyed_blake2b():
    assert mac(b"key", b"message").hex() == BY_OPENSSL
    assert len(mac(b"key", b"message", length=16)) == 16


@pytest.mark.asvs("9.2.4", "11.2.3")
def test_derived_key_differs_by_purpose_and_secret():
    keys = {
        derive_key(secret, purpose) for secret in (b"a", b"b") for purpose in (b"csrf", b"device")
    }
    assert {len(key) for key in keys} == {32}
    assert len(keys) == 4
