"""MIME messages: one recipient and fixed headers, whatever they contain."""

import email
import email.header
import email.policy
import email.utils
from datetime import timedelta

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from authsite.email_addresses import InvalidEmailAddress, parse_email_address
from authsite.mail.content import Content
from authsite.mail.mime import build_mime
from authsite.mail.outbox import LeasedMessage
from tests.factories import NOW

HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
]
ATOMS = "abcXYZ019!#$%&'*+-/=?^_`{|}~."
#: Parts of hostile and unusual email addresses.
PIECES = st.sampled_from(
    [
        *ATOMS,
        *'"\\(),:;<>@[] \t\r\n\x00',
        "=?utf-8?q?eve=40evil.test=2C?=",
        "=?utf-8?b?ZXZlQGV2aWwudGVzdA==?=",
        '"a\\"b"',
        "(eve@evil.test)",
        ",eve@evil.test",
        "\r\nBcc: eve@evil.test",
        "ü",
        "İ",
        "\N{FULLWIDTH COMMERCIAL AT}",
        "xn--",
        "straße",
        "+tag",
        "undisclosed-recipients:;",
    ]
)
texts = st.text(max_size=300) | st.lists(PIECES, max_size=40).map("".join)
LONG_DOMAIN = f"{'a' * 63}.{'b' * 63}.{'c' * 50}.example"
domains = st.sampled_from(
    ["example.com", "bücher.example", "xn--bcher-kva.example", "[192.0.2.1]", LONG_DOMAIN]
)
#: Mostly valid: atoms before a domain; and rarely valid ones.
atoms = st.lists(st.text(ATOMS[:-1], min_size=1, max_size=20), min_size=1, max_size=3).map(".".join)
addresses = st.builds("{}@{}".format, atoms | st.lists(PIECES).map("".join), domains) | st.lists(
    PIECES | domains
).map("".join)


def sent(**values) -> email.message.EmailMessage:
    """Build the message and parse it as a mail program does."""
    content = Content(values.pop("text", "Hello"), values.pop("html", "<p>Hello"))
    message = {
        "id": "0123456789abcdef",
        "template": "verify_email",
        "recipient": "ada@example.com",
        "subject": "Confirm your address",
        "content": b"a ciphertext",
        "text": None,
        "html": None,
        "send_at": NOW,
        "attempts": 1,
        "leased_until": NOW,
    }
    names = {"sender": "no-reply@accounts.example.com", "sender_name": "Example"}
    names |= {name: values.pop(name) for name in names.keys() & values}
    mime = build_mime(LeasedMessage(**message | values), content, **names).as_bytes()
    assert mime.isascii()
    assert max(map(len, mime.split(b"\r\n"))) <= 998
    assert mime.count(b"\n") == mime.count(b"\r\n") == mime.count(b"\r")
    return email.message_from_bytes(mime, policy=email.policy.default)


def addresses_in(mail, header):
    assert mail[header].defects == ()
    return [address.addr_spec for address in mail[header].addresses]


@pytest.mark.asvs("1.3.11")
@given(addresses)
@example("=?utf-8?q?eve=40evil.test=2C?=@example.com")
@example('"eve@evil.test, ada"@example.com')
@example("ada(eve@evil.test)@example.com")
@example("a" * 64 + "@" + "b" * 63 + ".example")
def test_accepted_email_is_one_recipient(text):
    try:
        recipient = parse_email_address(text).mailbox
    except InvalidEmailAddress:
        return
    mail = sent(recipient=recipient)
    assert addresses_in(mail, "To") == [recipient]
    assert mail.keys() == HEADERS


@pytest.mark.asvs("1.3.11")
@given(texts, texts)
@example("=?utf-8?q?a=0D=0ABcc=3A_eve=40evil.test?=", "=?utf-8?q?a=0ABcc:_x?= <eve@evil.test>")
@example("a\r\nBcc: eve@evil.test", '"Eve" <eve@evil.test>, "')
@example("ä, b" * 40, "Kaffee, Küche & “Café” (GmbH) <x@y.example>, " * 4)
@example("", "")
def test_subject_and_sender_name_cannot_inject_headers(subject, name):
    mail = sent(subject=subject, sender_name=name)
    assert mail.keys() == HEADERS
    assert addresses_in(mail, "From") == ["no-reply@accounts.example.com"]
    assert addresses_in(mail, "To") == ["ada@example.com"]


words = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30)


@given(st.lists(words, max_size=8).map(" ".join), st.lists(words, max_size=8).map(" ".join))
def test_subject_and_sender_name_are_encoded_losslessly(subject, name):
    """Uses the compat32 policy: the newer parser adds spaces between encoded words."""
    assume("=?" not in subject + name)
    content = sent(subject=subject, sender_name=name).as_bytes()
    mail = email.message_from_bytes(content, policy=email.policy.compat32)
    encoded_name, _ = email.utils.parseaddr(mail["From"])
    for arrived, written in ((mail["Subject"], subject), (encoded_name, name)):
        assert str(email.header.make_header(email.header.decode_header(arrived))) == written


@given(texts, texts)
def test_text_and_html_are_encoded_losslessly(text, html):
    assume(not any("\ud800" <= each <= "\udfff" for each in text + html))
    mail = sent(text=text, html=html)
    plain, rich = mail.iter_parts()
    assert mail.get_content_type() == "multipart/alternative"
    assert (plain.get_content_type(), rich.get_content_type()) == ("text/plain", "text/html")
    for part, written in ((plain, text), (rich, html)):
        got = part.get_payload(decode=True).decode(part.get_content_charset())
        assert got.split() == written.split()


def test_headers_have_due_date_and_auto_submitted():
    mail = sent(send_at=NOW + timedelta(hours=5))
    assert mail["Date"].datetime == NOW + timedelta(hours=5)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "en"
    assert str(mail["From"]) == "Example <no-reply@accounts.example.com>"


def test_message_id_is_the_same_for_all_attempts():
    assert sent()["Message-ID"] == "<0123456789abcdef@accounts.example.com>"
    assert sent(attempts=7)["Message-ID"] == sent()["Message-ID"]
    assert sent(id="f" * 16)["Message-ID"] != sent()["Message-ID"]


def test_long_sender_domain_breaks_no_header():
    sender = f"no-reply@{LONG_DOMAIN}"
    mail = sent(sender=sender, sender_name="An example of a name")
    assert mail.keys() == HEADERS
    assert mail["Message-ID"] == f"<0123456789abcdef@{sender.partition('@')[2]}>"
    assert addresses_in(mail, "From") == [sender]
