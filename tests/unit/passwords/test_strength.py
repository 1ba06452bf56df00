"""The strength meter: what it accepts, and what it costs."""

import random
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authsite.passwords.hasher import MAXIMUM_LENGTH
from authsite.passwords.policy import MIN_MINIMUM_LENGTH
from authsite.passwords.strength import explain_guessable
from tests.factories import a_policy

ALPHABETS = {
    "letters and digits": string.ascii_letters + string.digits,
    "lower-case letters and digits": string.ascii_lowercase + string.digits,
    "lower-case letters": string.ascii_lowercase,
    "printable characters": string.ascii_letters + string.digits + string.punctuation,
}
WORDS = ["Ada", "Lovelace", "ada@example.com", "ada", "example", "authsite"]
MINIMUMS = range(MIN_MINIMUM_LENGTH, 65)

#: Digits and symbols that zxcvbn reads as letters.
SIGNS = "4@8({[<3691!|0$5+7%2"
#: CPU seconds that no password may cost.
MOST_SECONDS = 0.05
COSTLY = {
    "signs": SIGNS * 13,
    "signs, backwards": SIGNS[::-1] * 13,
    "signs, each often": "".join(sign * 3 for sign in SIGNS) * 5,
    "signs among letters": "987654m5nkHimon3ey98775w1née189(5bcπenP@$$w0[T126zsws9plssKord0@" * 4,
    "signs among emoji": "éπ🦙64π(99π91l<é4(4π{(r<@🦙<11[π@ß6{ßπ4ñπñ1ß(9{8ñ@é4<é5{@ß6{4@469%" * 4,
    "signs of few letters": "({[<1!|7+" * 29,
    "few signs, long": "4@69" * 64,
    "digits": "8305917462" * 25,
    "dates": "01/02/1999 31.12.2001 " * 12,
    "years": "19911991" * 32,
    "one character": "a" * 256,
    "sequences": "abcdefghij" * 25,
    "keyboard rows": "qwertyuiopasdfghjklzxcvbnm" * 10,
    "shifted keyboard row": "!@#$%^&*()_+" * 21,
    "words": "passwordmonkeydragonlove" * 11,
    "words with signs": "P@$$w0rdm0nk3yDr4g0n1!" * 11,
    "random": "".join(random.Random(1).choices(string.printable[:94], k=256)),
    "not ASCII": "é🦙ñßπ" * 51,
}


def accepts(password: str, *, minimum: int) -> bool:
    return a_policy(minimum_length=minimum).explain_weakness(password, words=WORDS) is None


def cpu_seconds(password: str, words: list[str]) -> float:
    """Return the CPU time of the meter, the least of three."""
    times = []
    for _ in range(3):
        before = time.process_time()
        explain_guessable(password, words)
        times.append(time.process_time() - before)
    return min(times)


@pytest.mark.asvs("6.2.1", "6.2.5")
@pytest.mark.parametrize("alphabet", ALPHABETS.values(), ids=ALPHABETS)
def test_random_passwords_of_the_smallest_minimum_are_accepted(alphabet):
    generator = random.Random(12)
    passwords = ["".join(generator.choices(alphabet, k=MIN_MINIMUM_LENGTH)) for _ in range(2500)]
    assert [each for each in passwords if not accepts(each, minimum=MIN_MINIMUM_LENGTH)] == []


@pytest.mark.asvs("6.2.1")
@pytest.mark.parametrize("minimum", MINIMUMS)
def test_random_passwords_of_every_minimum_are_accepted(minimum):
    generator = random.Random(minimum)
    for alphabet in ALPHABETS.values():
        for _ in range(15):
            password = "".join(generator.choices(alphabet, k=minimum))
            assert accepts(password, minimum=minimum), password


@pytest.mark.asvs("6.2.1")
@given(
    st.sampled_from(MINIMUMS),
    st.sampled_from(list(ALPHABETS)[:2]),
    st.randoms(use_true_random=True),
)
def test_random_letters_and_digits_are_accepted(minimum, alphabet, generator):
    password = "".join(generator.choices(ALPHABETS[alphabet], k=minimum))
    assert accepts(password, minimum=minimum)


@pytest.mark.parametrize(
    "password",
    [
        "correcthorse",
        "summersummer1",
        "jenniferjennifer",
        "llama" * 13,
        "chicken" * 9,
        "monkey" * 40,
        "a" * 200,
        "abcdefghijklmnop" * 8,
        "qwertyuiopasdfgh",
        "tomorrow2024",
        "P@$$w0rdP@$$w0rd",
    ],
)
def test_guessable_passwords_are_refused_at_any_length(password):
    assert explain_guessable(password, WORDS) is not None


def test_hard_beginning_is_enough():
    assert explain_guessable(f"zvkqwmxdpjth{'a' * 200}", WORDS) is None


@pytest.mark.asvs("15.2.2")
@pytest.mark.parametrize("password", COSTLY.values(), ids=COSTLY)
def test_no_password_is_costly(password):
    names = ["4@({[<691!|$5+7" * 6, "8305917462" * 10, *WORDS]
    assert cpu_seconds(password[:MAXIMUM_LENGTH], names) < MOST_SECONDS


@pytest.mark.asvs("15.2.2")
@settings(max_examples=50, deadline=None)
@given(
    st.text(st.sampled_from(SIGNS), min_size=12, max_size=40),
    st.text(st.sampled_from(f"{SIGNS}aeé🦙 "), max_size=40),
    st.integers(1, 20),
)
def test_no_repeated_signs_are_costly(part, end, times):
    assert cpu_seconds((part * times + end)[:MAXIMUM_LENGTH], WORDS) < MOST_SECONDS
