"""Session tokens: what is one, what is none, and what nobody gets to see."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.tokens import SessionToken, is_id, new_id

ID, SECRET = "A" * 16, "s" * 43

tokens = st.from_regex(r"[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{43}", fullmatch=True)
near_tokens = st.from_regex(r"[A-Za-z0-9_.-]{14,18}\.[A-Za-z0-9_.=-]{42,44}\s?", fullmatch=True)


@given(tokens)
def test_what_is_parsed_is_spelled_the_same_again(text):
    assert str(SessionToken.parse(text)) == text


@given(st.one_of(st.text(), st.binary().map(lambda b: b.decode("latin-1")), near_tokens))
def test_a_text_is_a_token_letter_for_letter_or_none_at_all(text):
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
def test_whatever_else_a_cookie_holds_is_no_token(text):
    assert SessionToken.parse(text) is None


@pytest.mark.asvs("7.2.2", "7.2.3")
def test_no_two_tokens_and_no_two_ids_are_the_same():
    tokens = [SessionToken.new() for _ in range(1000)]
    assert len({token.secret for token in tokens}) == 1000
    assert len({token.id for token in tokens} | {new_id() for _ in range(1000)}) == 2000


@pytest.mark.asvs("11.5.2")
def test_threads_that_ask_at_the_same_moment_get_different_tokens():
    with ThreadPoolExecutor(16) as pool:
        tokens = list(pool.map(lambda _: SessionToken.new(), range(5000)))
    assert len({token.secret for token in tokens}) == len({token.id for token in tokens}) == 5000


def test_a_new_token_survives_the_way_through_a_cookie():
    token = SessionToken.new()
    assert SessionToken.parse(str(token)) == token


@pytest.mark.asvs("7.2.3", "11.2.3", "11.5.1")
def test_the_secret_has_256_bits_and_the_id_96():
    token = SessionToken.new()
    assert (len(token.secret), len(token.id), len(new_id())) == (43, 16, 16)


@given(tokens)
def test_a_token_does_not_show_its_secret(text):
    token = SessionToken.parse(text)
    assert token.secret not in repr(token)
    assert token.digest.hex() not in repr(token)


@pytest.mark.asvs("11.4.3")
def test_the_digest_is_sha_256_of_the_secret_alone():
    assert SessionToken(ID, SECRET).digest == hashlib.sha256(SECRET.encode()).digest()


def test_a_token_matches_the_digest_of_its_own_secret_only():
    token, other = SessionToken.new(), SessionToken.new()
    assert token.matches(token.digest)
    assert not token.matches(other.digest)
    assert not token.matches(b"")
    assert not token.matches(token.secret.encode())


@pytest.mark.parametrize(
    "text", ["", "x", "A" * 15, "A" * 17, "A" * 15 + "\n", "A" * 15 + "\x00", "Ä" * 16]
)
def test_what_is_no_id_is_told_by_its_shape(text):
    assert not is_id(text)
    assert is_id(new_id())
