"""Parsers of settings, and their error messages."""

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from authsite.passwords.breached import breached_passwords_at
from authsite.passwords.peppers import Pepper
from authsite.settings.database_urls import database_url
from authsite.settings.header_parsers import content_sources
from authsite.settings.machine_parsers import cores, trusted_proxies
from authsite.settings.parsers import (
    breached_passwords,
    contact,
    cookie_name,
    domains,
    duration,
    https_url,
    landing_page,
    listen_address,
    number,
    origin,
    peppers,
    previous_secrets,
    secret,
    text,
    words,
    yes_or_no,
)
from tests.breaches import EXCERPT

PARSERS = [
    text,
    words,
    breached_passwords,
    yes_or_no,
    number(1, 5),
    duration,
    origin,
    https_url,
    contact,
    cookie_name,
    listen_address,
    peppers,
    previous_secrets,
    secret,
    database_url,
    trusted_proxies,
    cores,
    content_sources("data:"),
]
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@example(number(1, 5), "0\x1f")  # strip() takes it for space, int() does not
@given(st.sampled_from(PARSERS), st.text())
def test_any_text_is_parsed_or_refused_with_a_message(parse, value):
    try:
        parse(value)
    except ValueError as error:
        assert str(error).startswith("must ")  # noqa: PT017 - either is right


@given(st.integers(1, 9_999_999), st.sampled_from(sorted(UNITS)))
def test_duration_is_a_number_and_a_unit(count, unit):
    assert duration(f" {count}{unit}\n") == timedelta(**{UNITS[unit]: count})


@given(st.integers(1, 9_999_999))
def test_duration_without_a_unit_is_in_seconds(count):
    assert duration(f" {count}\n") == timedelta(seconds=count)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0",
        "0s",
        "-1h",
        "01",
        "h",
        "1.5h",
        "1h30m",
        "1 h",
        "01h",
        "1w",
        "1H",
        "\u0667h",
        "99999999d",
    ],
)
def test_malformed_duration_is_refused(value):
    with pytest.raises(ValueError, match="like 90s, 15m, 12h or 30d"):
        duration(value)


@given(st.integers(-20, 20))
def test_number_is_within_its_bounds(value):
    parse = number(3, 8)
    if 3 <= value <= 8:
        assert parse(f" {value} ") == value
    else:
        with pytest.raises(ValueError, match="a whole number from 3 to 8"):
            parse(str(value))


@pytest.mark.parametrize("value", ["", "four", "4.0", "+4", "4e0", "\u0664", "1_0", "9" * 5000])
def test_malformed_number_is_refused(value):
    with pytest.raises(ValueError, match="a whole number"):
        number(0, 10**9)(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("Yes", True), (" TRUE\n", True), ("false", False), ("no", False)],
)
def test_boolean_has_two_spellings_each(value, expected):
    assert yes_or_no(value) is expected


@pytest.mark.parametrize("value", ["", "1", "0", "on", "off", "truely", "none"])
def test_malformed_boolean_is_refused(value):
    with pytest.raises(ValueError, match="true or false"):
        yes_or_no(value)


def test_text_is_trimmed_and_never_empty():
    assert text("  A site \n") == "A site"
    for empty in ("", " ", "\n\t"):
        with pytest.raises(ValueError, match="must not be empty"):
            text(empty)


@pytest.mark.parametrize(
    ("value", "parsed"),
    [
        ("", ()),
        (" , ", ()),
        ("Lovelace", ("Lovelace",)),
        (" Lovelace & Co,lace.example,\n", ("Lovelace & Co", "lace.example")),
        ("Cafe\u0301", ("Caf\u00e9",)),
    ],
)
def test_words_are_separated_by_commas(value, parsed):
    assert words(value) == parsed


def test_word_too_short_to_be_checked_is_refused():
    with pytest.raises(ValueError, match="at least 4 characters"):
        words("Lovelace, Ada")


def test_breached_passwords_are_found_by_path():
    assert breached_passwords(f" {EXCERPT}\n") == breached_passwords_at(EXCERPT)


@pytest.mark.parametrize("value", ["", "/nowhere/at/all", "/dev/null", "x" * 5000, "a\0b"])
def test_unreadable_breached_passwords_are_refused(value):
    with pytest.raises(ValueError, match="must be the path of a readable folder"):
        breached_passwords(value)


@pytest.mark.parametrize(
    ("value", "parsed"),
    [
        ("https://accounts.example.com", "https://accounts.example.com"),
        ("https://accounts.example.com/", "https://accounts.example.com"),
        (" http://localhost:6543\n", "http://localhost:6543"),
        ("http://[::1]:6543", "http://[::1]:6543"),
        ("http://192.0.2.1", "http://192.0.2.1"),
    ],
)
def test_origin_is_a_scheme_and_a_host(value, parsed):
    assert origin(value) == parsed
    assert origin(parsed) == parsed


@pytest.mark.parametrize(
    "value",
    [
        "",
        "accounts.example.com",
        "//accounts.example.com",
        "https://",
        "https:///",
        "ftp://accounts.example.com",
        "javascript:alert(1)",
        "https://accounts.example.com/path",
        "https://accounts.example.com?query",
        "https://accounts.example.com#fragment",
        "https://someone@accounts.example.com",
        "https://accounts.example.com:port",
        "https://accounts.example.com:",
        "https://Accounts.Example.com",
        "https://bücher.example",
        "https://accounts example.com",
        "https://accounts.example.com\\evil.example",
        "https://[::1",
    ],
)
def test_malformed_origin_is_refused(value):
    with pytest.raises(ValueError, match="must be a URL like"):
        origin(value)


@pytest.mark.parametrize(
    "value",
    ["https://example.com", "https://example.com:8443/security?a=b#c", "https://xn--bcher-kva.de/"],
)
def test_https_url_may_have_a_path(value):
    assert https_url(f" {value}\n") == value
    assert contact(f" {value}\n") == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "http://example.com/security",
        "https://",
        "https://example.com security",
        "https://example.com/a b",
        "https://example.com/\nExpires: never",
        "https://example.com/\u00fc",
        "https://someone@example.com",
        "javascript:alert(1)",
    ],
)
def test_malformed_https_url_is_refused(value):
    for parse in (https_url, contact):
        with pytest.raises(ValueError, match=r"must be .*https://example\.com/security"):
            parse(value)


def test_contact_may_be_a_mailbox():
    assert contact(" mailto:security@example.com\n") == "mailto:security@example.com"
    for wrong in (
        "security@example.com",
        "mailto:a b@c.example",
        "mailto:a@b@c.example",
        "mailto:",
    ):
        with pytest.raises(ValueError, match=r"must be mailto:security@example\.com or"):
            contact(wrong)


def test_secret_is_long_and_has_no_line_end():
    assert secret(f"{'s' * 32}\n") == b"s" * 32
    assert secret("ß" * 32) == "ß".encode() * 32


@pytest.mark.parametrize("value", ["", "s" * 31, " " * 40, f"{'s' * 31}\n"])
def test_short_secret_is_refused_and_not_repeated(value):
    with pytest.raises(ValueError, match="must have at least 32 random characters") as refusal:
        secret(value)
    assert "sss" not in str(refusal.value)


A, B = "a" * 32, "b:" * 16


@pytest.mark.parametrize(
    "value",
    [f"new:{A},old2:{B}", f" new:{A} old2:{B}\n", f"new:{A}\nold2:{B}", f"new:{A}, old2:{B},"],
)
def test_peppers_keep_their_order(value):
    assert peppers(value) == (Pepper("new", A.encode()), Pepper("old2", B.encode()))


@pytest.mark.parametrize(
    "value",
    [
        "",
        ",",
        A,
        f":{A}",
        f"New:{A}",
        f"a-b:{A}",
        f"é:{A}",
        f"{'a' * 17}:{A}",
        f"a:{A[1:]}",
        f"a:{A},a:{B}",
        f"a:{A},b:{B[1:]}",
        f"a: {A}",
        f"a=1:{A}",
    ],
)
def test_malformed_pepper_is_refused_and_not_repeated(value):
    with pytest.raises(ValueError, match="must be id:secret") as refusal:
        peppers(value)
    assert "aaa" not in str(refusal.value)


@pytest.mark.parametrize("value", ["127.0.0.1:9101", "[::1]:9101-9104", "localhost:1", "m-1:65535"])
def test_listen_address_is_formatted_as_it_was_parsed(value):
    assert str(listen_address(f" {value}\n")) == value


def test_listen_address_of_several_ports_has_each():
    assert list(map(str, listen_address("a:8-10").each)) == ["a:8", "a:9", "a:10"]


@pytest.mark.parametrize(
    "value",
    [
        "9101",
        ":9101",
        "127.0.0.1",
        "127.0.0.1:0",
        "127.0.0.1:65536",
        "127.0.0.1:9101-",
        "127.0.0.1:9101-9100",
        "127.0.0.1:9101-65536",
        "::1:9101",
        "[a.b]:x",
        "[a.b]:1",
        "[::1:1",
        "::1]:1",
        "a b:1",
    ],
)
def test_malformed_listen_address_is_refused(value):
    with pytest.raises(ValueError, match=r"like 127\.0\.0\.1:9101"):
        listen_address(value)


@pytest.mark.parametrize("value", ["authsite_session", " sid\n", "a", "A-b.c~1", "x" * 64])
def test_cookie_name_is_a_token(value):
    assert cookie_name(value) == value.strip()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "must be a cookie name"),
        ("x" * 65, "must be a cookie name"),
        ("a b", "must be a cookie name"),
        ("a=b", "must be a cookie name"),
        ("a;b", "must be a cookie name"),
        ("a\r\nb", "must be a cookie name"),
        ("sess\xefon", "must be a cookie name"),
        ("$sid", "must be a cookie name"),
        ("Path", "must be a cookie name"),
        ("__Host-sid", "must not have a prefix"),
        ("__host-sid", "must not have a prefix"),
        ("__Secure-sid", "must not have a prefix"),
        ("authsite_form", "must not be the name of another cookie"),
        ("authsite_device", "must not be the name of another cookie"),
        ("authsite_flash", "must not be the name of another cookie"),
        ("authsite_pending_sign_in", "must not be the name of another cookie"),
    ],
)
def test_other_cookie_names_are_refused(value, message):
    with pytest.raises(ValueError, match=message):
        cookie_name(value)


@pytest.mark.asvs("4.1.3")
@pytest.mark.parametrize("value", ["*", "", "localhost", "10.0.1.0/33", "10.0.1.7/24", "unix,"])
def test_malformed_proxies_are_refused(value):
    with pytest.raises(ValueError, match=r"like 127\.0\.0\.1 or 10\.0\.1\.0/24, or unix"):
        trusted_proxies(value)


@pytest.mark.asvs("4.1.3")
@pytest.mark.parametrize("value", ["0.0.0.0/0", "127.0.0.1, ::/0", "0.0.0.0/1, 128.0.0.0/1"])
def test_proxies_cannot_be_every_machine(value):
    with pytest.raises(ValueError, match="must not be every machine"):
        trusted_proxies(value)


def test_mapped_proxies_are_refused():
    with pytest.raises(ValueError, match="without ::ffff:"):
        trusted_proxies("::ffff:127.0.0.1")


def test_private_networks_can_be_proxies():
    assert len(trusted_proxies("10.0.0.0/8, fd00::/8").networks) == 2


def test_allowed_domains_cannot_be_empty():
    with pytest.raises(ValueError, match="at least one domain"):
        domains(",")


@pytest.mark.parametrize("value", ["/sign-in", "/sign-up?next=/orders"])
def test_landing_page_does_not_lead_to_itself(value):
    with pytest.raises(ValueError, match="must not be a page that leads"):
        landing_page(value)


@pytest.mark.parametrize("value", ["", "all", "3-1", "0,", "0-3-5", "-1", "99999", "\u0661"])
def test_malformed_cores_are_refused(value):
    with pytest.raises(ValueError, match=r"must be numbers of cores like 0-3 or 0,2"):
        cores(value)


@pytest.mark.parametrize(
    ("value", "sources"),
    [
        ("", ()),
        ("'self' 'self'", ("'self'",)),
        ("https://a.example:8443/x/y.css, https://b.example", None),
        ("'sha512-Ab+/=='", None),
        ("data:", None),
    ],
)
def test_content_sources_are_separated_by_spaces_or_commas(value, sources):
    expected = tuple(value.replace(",", "").split()) if sources is None else sources
    assert content_sources("data:")(value) == expected


@pytest.mark.asvs("3.4.3")
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("'self' 'unsafe-inline'", "must not contain 'unsafe-inline'"),
        ("'UNSAFE-eval'", "must not contain 'UNSAFE-eval'"),
        ("'unsafe-hashes'", "must not contain 'unsafe-hashes'"),
        ("*", r"must not contain \*"),
        *(
            (each, "must be 'self', origins like")
            for each in (
                "data:",
                "blob:",
                "https:",
                "http://a.example",
                "//a.example",
                "a.example",
                "https://*.example",
                "https://a.example;script-src",
                "https://a.example\r\nX-A:b",
                "https://A.example?b",
                "self",
                "'strict-dynamic'",
                "'nonce-abc'",
                "'sha256-'",
            )
        ),
    ],
)
def test_unsafe_content_sources_are_refused(value, message):
    with pytest.raises(ValueError, match=message):
        content_sources()(value)
