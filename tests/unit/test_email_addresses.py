"""Email addresses: what is accepted, how it is normalized, and that it is one recipient."""

import unicodedata
from email.message import EmailMessage
from email.utils import getaddresses

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from authsite.email_addresses import (
    MAXIMUM_LENGTH,
    EmailAddress,
    InvalidEmailAddress,
    clean_email_address,
    find_misplaced,
    parse_email_address,
)

atoms = st.text("abcXYZ019!#$%&'*+-/=?^_`{|}~", min_size=1, max_size=20)
encoded_words = st.builds("=?utf-8?q?{}?={}".format, st.text("abc=40C2,_", max_size=12), atoms)
domains = st.sampled_from(
    [
        "example.com",
        "EXAMPLE.Com",
        "bücher.example.com",
        "EX\uff21MPLE.com",
        "xn--bcher-kva.com",
    ]
)
likely = st.builds("{}@{}".format, st.one_of(atoms, encoded_words), domains)


def parsed(text: str) -> EmailAddress:
    """Parse the text; skip the example if it is refused."""
    try:
        return parse_email_address(text)
    except InvalidEmailAddress:
        assume(False)
        raise


@given(st.one_of(st.text(), st.emails(), likely))
def test_any_text_is_parsed_or_refused(text):
    try:
        address = parse_email_address(text)
    except InvalidEmailAddress:
        return
    assert address.original == text.strip()
    assert len(address.original) <= MAXIMUM_LENGTH
    assert len(address.normalized) <= MAXIMUM_LENGTH
    assert address.normalized.isascii()


@given(st.one_of(st.emails(), likely))
def test_normalized_email_normalizes_to_itself(text):
    key = parsed(text).normalized
    assert parse_email_address(key).normalized == key


@given(st.one_of(st.emails(), likely), st.sampled_from([str.upper, str.lower, str.swapcase]))
def test_normalized_email_ignores_case(text, spelled):
    address = parsed(text)
    assume(address.original.isascii())
    assert parse_email_address(spelled(address.original)).normalized == address.normalized


@given(st.one_of(st.emails(), likely, encoded_words.map("{}@example.com".format)))
def test_parsed_email_is_one_recipient(text):
    """The email package decodes RFC 2047 words even inside an email address."""
    address = parsed(text)
    for spelled in {address.original, address.normalized}:
        message = EmailMessage()
        message["To"] = spelled
        assert [each.addr_spec for each in message["To"].addresses] == [spelled]
        assert getaddresses([spelled]) == [("", spelled)]


@pytest.mark.parametrize(
    "text",
    [
        "=?utf-8?q?x=2C?=y@example.com",
        "=?us-ascii?q?mallory=40evil.example=2C?=@example.com",
        "=?utf-8?b?eCw=?=y@example.com",
    ],
)
def test_encoded_word_is_refused(text):
    with pytest.raises(InvalidEmailAddress):
        parse_email_address(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  Ada@Example.COM\n", "ada@example.com"),
        ("ada+lists@example.com", "ada+lists@example.com"),
        ("a.d.a@example.com", "a.d.a@example.com"),
        ("ada@bücher.example.com", "ada@xn--bcher-kva.example.com"),
        ("ada@BÜCHER.example.com", "ada@xn--bcher-kva.example.com"),
        ("ada@xn--bcher-kva.example.com", "ada@xn--bcher-kva.example.com"),
        ("ada@ex\uff41mple.com", "ada@example.com"),
        ("ada@\N{KELVIN SIGN}elvin.com", "ada@kelvin.com"),
        ("ada@example\u3002com", "ada@example.com"),
    ],
)
def test_equivalent_spellings_normalize_to_one_email(text, key):
    address = parse_email_address(text)
    assert (address.original, address.normalized) == (text.strip(), key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@localhost",
        "ada@[127.0.0.1]",
        "ada@[IPv6:::1]",
        "ada@example.com, bob@example.com",
        "ada@example.com bob@example.com",
        "ada@bob@example.com",
        "Ada <ada@example.com>",
        "ada@example.com (Ada)",
        '"ada"@example.com',
        '"ada, bob"@example.com',
        "ada\0@example.com",
        "ada@example.com\r\nBcc: bob@example.com",
        "ada@example.com\N{ZERO WIDTH SPACE}",
        "ada@exa mple.com",
        "ada@-example.com",
        "ada..lovelace@example.com",
        ".ada@example.com",
        "\uff41da@example.com",
        "ádá@example.com",
        "ada@example.com\N{RIGHT-TO-LEFT OVERRIDE}",
        "\ud800@example.com",
    ],
)
def test_undeliverable_email_is_refused(text):
    with pytest.raises(InvalidEmailAddress):
        parse_email_address(text)


def test_email_has_at_most_254_characters():
    name, domain = "a" * 64, ".".join(["d" * 60] * 3)
    longest = f"{name}@{domain}.{'e' * 2}.com"
    assert len(longest) == MAXIMUM_LENGTH
    assert parse_email_address(longest).normalized == longest
    with pytest.raises(InvalidEmailAddress):
        parse_email_address(longest.replace("@", "@d."))


def test_domain_too_long_in_ascii_is_refused():
    with pytest.raises(InvalidEmailAddress):
        parse_email_address(f"ada@{'.'.join(['ü' * 40] * 6)}.com")


#: Characters that programs put into copied email addresses, and those that look like others.
MARKS = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u061c\u2060\ufeff\u202a\u202b\u202c\u202d\u202e"
    "\u2066\u2067\u2068\u2069\uff20\uff0e\u3002\uff61\uff41\u0430\u212a<>:@ \"'"
)
hostile = st.builds(
    lambda text, marks: "".join(
        f"{each}{mark}" for each, mark in zip(text, [*marks, *[""] * len(text)], strict=False)
    ),
    likely,
    st.lists(st.one_of(*[st.just("")] * 5, st.sampled_from(MARKS)), max_size=30),
)


@given(st.one_of(st.text(), st.emails(), likely, hostile))
def test_cleaning_keeps_the_account_of_an_accepted_email(text):
    """So two email addresses that were two accounts stay two."""
    try:
        key = parse_email_address(text).normalized
    except InvalidEmailAddress:
        return
    assert parse_email_address(clean_email_address(text)).normalized == key


@given(st.one_of(hostile, st.text()))
def test_cleaned_email_shows_what_it_is(text):
    """Its local part is plain ASCII, and nothing in it hides or shows text backwards."""
    try:
        address = parse_email_address(clean_email_address(text))
    except InvalidEmailAddress:
        return
    assert address.original.partition("@")[0].isascii()
    formatting = {each for each in address.original if unicodedata.category(each) == "Cf"}
    assert formatting <= {"\u200c", "\u200d"}


@given(st.one_of(hostile, st.emails(), st.text()))
def test_cleaning_twice_changes_nothing_of_an_accepted_email(text):
    cleaned = clean_email_address(text)
    try:
        parse_email_address(cleaned)
    except InvalidEmailAddress:
        return
    assert clean_email_address(cleaned) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.com\u200b",
        "\ufeffada@example.com",
        "ada\u2060@exam\u00adple.com",
        "\u200eada@example.com\u200f",
        "\u202aada@example.com\u202c",
        "\u2068ada@example.com\u2069",
        "\ufeff ada@example.com \ufeff",
        "<ada@example.com>",
        " < ada@example.com > ",
        "mailto:ada@example.com",
        "mailto:ada%40example.com",
        "MailTo: ada@example.com",
        "'ada@example.com'",
        '"ada@example.com"',
        " ' ada@example.com ' ",
        "\uff02ada@example.com\uff02",
        "'<ada@example.com>'",
        '"Ada Lovelace <ada@example.com>"',
        "'mailto:ada@example.com'",
        "<mailto:ada@example.com>",
        "Ada Lovelace <ada@example.com>",
        '"Lovelace, Ada" <ada@example.com>',
        "ada\uff20example.com",
        "ada@example\uff0ecom",
        "ada\uff20example\u3002com",
        "\uff41\uff44\uff41\uff20\uff45xample\uff61com",
    ],
)
def test_pasted_email_is_cleaned(text):
    assert clean_email_address(text) == "ada@example.com"


def test_quote_at_one_end_is_part_of_the_email():
    for text in ("'ada@example.com", "ada'@example.com"):
        assert parse_email_address(clean_email_address(text)).normalized == text
    assert clean_email_address("'o'ada@example.com'") == "o'ada@example.com"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "<>",
        "<ada>",
        "<ada@example.com",
        "ada@example.com>",
        "<ada@example.com> <eve@example.com>",
        '"eve@example.com" <ada@example.com>',
        "ada@example.com <eve@example.com>",
        "<<ada@example.com>>",
        "'ada@example.com\"",
        "ada@example.com'",
        "''ada@example.com''",
        "'ada@example.com', 'eve@example.com'",
        "Ada\n<ada@example.com>",
        "ada\u202e@example.com",
        "mailto",
        "ada@mailto:example.com",
        "mailto:mailto:ada@example.com",
    ],
)
def test_text_with_several_meanings_is_no_email(text):
    with pytest.raises(InvalidEmailAddress):
        parse_email_address(clean_email_address(text))


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("ada", None),
        ("a@b@c", None),
        ("ada@example", None),
        ("ada@b\u00fccher.example", None),
        ("a da@example.com", 1),
        ("\u00e4da@example.com", 0),
        ("ada@exa mple.com", 7),
        ("ada@exa_mple.com", 7),
        ("ada@example.com,", 15),
        ("ada@exa\u2003mple.com", 7),
    ],
)
def test_misplaced_character_of_an_email_is_found(text, position):
    assert find_misplaced(text) == position
