"""The password policy: what is refused, and the reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.passwords.hasher import MAXIMUM_LENGTH, normalized
from tests.factories import a_policy

GOOD = "seven green llamas hum"
LONG = "seven green llamas hum under an old bridge while rain falls "


def weakness(password: str, *words: str, minimum_length: int = 8) -> str | None:
    return a_policy(minimum_length=minimum_length).explain_weakness(password, words=words)


@pytest.mark.asvs("6.2.5")
@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "zv kq wmxd pj",
        "8305917462203817",
        "MQZWVRKTPXHD",
        "лама пьёт зелёный чай",
        "🦙🌉🎻🧦🪁🍋🔭🧲🪗",
        f"  {GOOD}  ",
    ],
)
def test_strong_password_needs_no_character_classes(password):
    assert weakness(password) is None


@pytest.mark.asvs("6.2.1")
@pytest.mark.parametrize("minimum", [8, 15])
def test_minimum_length_follows_the_setting(minimum):
    typed, too_short = "zvkqwmxdpjthbgfy"[:minimum], f"Use at least {minimum} characters."
    assert weakness(typed, minimum_length=minimum) != too_short
    assert weakness(typed[:-1], minimum_length=minimum) == too_short


@pytest.mark.asvs("6.2.1")
@pytest.mark.parametrize(
    ("password", "characters"),
    [("🦙" * 7, 7), ("e\u0301" * 7, 7), ("\u00e9" * 7, 7)],
    ids=["emoji", "decomposed", "composed"],
)
def test_length_counts_normalized_code_points(password, characters):
    """Code points of the normalized password, neither bytes nor UTF-16 units."""
    assert weakness(password, minimum_length=8) == "Use at least 8 characters."
    assert weakness(password, minimum_length=characters) != f"Use at least {characters} characters."


@pytest.mark.asvs("6.2.9")
@pytest.mark.parametrize("length", [64, 128, MAXIMUM_LENGTH])
def test_long_password_is_accepted(length):
    assert weakness((LONG * 10)[:length]) is None


@pytest.mark.asvs("6.2.9")
def test_overlong_password_is_refused():
    assert weakness((LONG * 10)[: MAXIMUM_LENGTH + 1]) == "Use at most 256 characters."


@pytest.mark.asvs("6.2.4")
@pytest.mark.parametrize(
    "password",
    ["password1", "PassWord1", "qwertyuiop", "letmein123", "iloveyou", "P@ssw0rd1", "1q2w3e4r5t"],
)
def test_popular_password_is_refused(password):
    assert weakness(password) is not None


@pytest.mark.asvs("6.2.4")
@pytest.mark.parametrize("password", ["password1", "QWERTYUIOP", "letmein1", "1q2w3e4r5t"])
def test_common_password_is_refused_as_such(password):
    assert weakness(password) == ("This password is too common. Use a few unrelated words.")
    assert "Many people" not in weakness(f"{password}!")


@pytest.mark.asvs("6.2.11")
@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("my name is Lovelace, hm", "Lovelace"),
        ("xq LOVELACE vw 81", "Lovelace"),
        ("ada.l@example.com hums", "ada.l@example.com"),
        ("STRASSE grünt im Nebel", "straße"),
    ],
)
def test_words_of_the_user_are_refused_and_named(password, word):
    assert f"“{word}”" in weakness(password, "Al", word)
    assert weakness(password, "Someone", "else") is None


@pytest.mark.asvs("6.1.2", "6.2.11")
@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("authsite sails at dawn", "authsite"),
        ("lace.example sails at dawn", "Lace.Example"),
        ("a cafe\u0301noir sails at dawn", "Caf\u00e9noir"),
        ("a caf\u00e9noir sails at dawn", "Cafe\u0301noir"),
    ],
)
def test_blocklisted_words_are_refused(password, word):
    policy = a_policy(blocklist=("authsite", "Lace.Example", word))
    assert f"Don't use “{normalized(word)}”" in policy.explain_weakness(password, words=["Ada"])
    assert a_policy(blocklist=()).explain_weakness(password, words=["Ada"]) is None


@pytest.mark.parametrize("word", ["", "Al", "com", "Ada"])
def test_short_words_are_ignored(word):
    assert weakness("all green llamas become adamant", word) is None


def test_guessable_password_is_refused():
    assert weakness("rWibMFAC") == ("This password is easy to guess. Use a few unrelated words.")


@given(st.text(max_size=MAXIMUM_LENGTH + 5), st.lists(st.text(max_size=20), max_size=5))
def test_reason_is_a_sentence_or_none(password, words):
    reason = weakness(password, *words)
    assert reason is None or (len(reason) > 10 and reason.endswith("."))


@pytest.mark.parametrize("password", ["password1", "aaaaaaaaaaaa", "rWibMFAC", "short"])
def test_reason_does_not_repeat_the_password(password):
    assert password not in weakness(password)
