"""Form fields: the shape of what users enter."""

import re
import unicodedata
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyramid.httpexceptions import HTTPBadRequest

from authsite.web.forms import (
    MAX_RAW_LENGTH,
    SiteForm,
    email_field,
    label_field,
    name_field,
    next_field,
    password_field,
    public_computer_field,
)
from authsite.web.request import Request


class ExampleForm(SiteForm):
    """One field of each type."""

    name = name_field("First name", autocomplete="given-name")
    email = email_field()
    password = password_field("Password", autocomplete="new-password", missing="Enter a password.")


GOOD = {"name": "Ada", "email": "ada@example.com", "password": "seven green llamas"}
FORM = "application/x-www-form-urlencoded"


def a_form(body: bytes, content_type: str = FORM) -> ExampleForm:
    request = Request.blank("/", method="POST", body=body, content_type=content_type)
    return ExampleForm.from_request(request)


def typed(**values: str) -> ExampleForm:
    """Return the form as a browser sends it when these values are typed."""
    return a_form(urlencode(GOOD | values).encode())


anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
#: Often with space around it, decomposed, too long, or with characters that cannot be seen.
names = st.one_of(
    anything,
    st.builds(
        "{}{}{}".format,
        st.text(" \t\u00a0\u2003\u200c\u200d\n", max_size=3),
        st.text("aAé\u0301ß\u1e9b\u0323Å\ufb03 '-\0\x1b\x85\ufffd", min_size=1, max_size=110),
        st.text(" \t\u3000\u200c\u200d\r", max_size=3),
    ),
)


@given(names)
def test_name_is_normalized_or_refused(text):
    form = typed(name=text)
    expected = unicodedata.normalize("NFC", text.strip())
    if re.search(r"[^\s\u200c\u200d]", expected):
        expected = re.sub(r"^[\s\u200c\u200d]+|[\s\u200c\u200d]+\Z", "", expected)
    assert form.name.data == expected
    categories = {unicodedata.category(each) for each in expected if each not in "\u200c\u200d"}
    visible = categories - {"Zs"} and not categories & {"Cc", "Cf"} and "\ufffd" not in expected
    assert form.validate() is bool(1 <= len(expected) <= 100 and visible)


@given(names)
def test_normalized_name_is_unchanged_when_sent_again(text):
    once = typed(name=text).name.data
    assert typed(name=once).name.data == once


@pytest.mark.asvs("6.2.8")
@given(anything)
def test_password_field_keeps_the_input_unchanged(text):
    assert typed(password=text).password.data == text


@given(anything)
def test_field_error_is_a_sentence(text):
    form = typed(name=text, email=text, password=text)
    if not form.validate():
        assert form.errors
        for messages in form.errors.values():
            assert all(message.endswith(".") for message in messages)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("name", "Enter your first name."),
        ("email", "Enter your email."),
        ("password", "Enter a password."),
    ],
)
def test_missing_field_has_its_own_message(field, message):
    empty = typed(**{field: ""})
    body = urlencode({name: value for name, value in GOOD.items() if name != field})
    for form in (empty, a_form(body.encode())):
        assert not form.validate()
        assert form.errors == {field: [message]}


def test_blank_name_is_missing_and_blank_password_is_not():
    assert not typed(name=" \u2003\t").validate()
    assert typed(password="   ").validate()


@pytest.mark.parametrize("field", GOOD)
@pytest.mark.parametrize(
    ("unseen", "name"),
    [
        (b"%00", "control character"),
        (b"%09", "tab"),
        (b"%0A", "line break"),
        (b"%1B", "control character"),
        (b"%7F", "control character"),
        (b"%C2%85", "control character"),
        (b"%FF", "unreadable character"),
        (b"%EF%BF%BD", "unreadable character"),
    ],
)
def test_unreadable_characters_are_refused(field, unseen, name):
    body = urlencode({name: value for name, value in GOOD.items() if name != field}).encode()
    form = a_form(body + f"&{field}=a".encode() + unseen + b"a")
    assert not form.validate()
    place = "at position 2" if field == "password" else "after “a”"
    assert form.errors == {field: [f"Remove the {name} {place}."]}


@pytest.mark.parametrize(("field", "maximum"), [("name", 100), ("email", 254), ("password", 256)])
def test_overlong_field_is_refused_and_not_truncated(field, maximum):
    assert typed(**{field: "é" * maximum}).validate()
    form = typed(**{field: "é" * (maximum + 1)})
    assert not form.validate()
    assert form.errors == {field: [f"Use at most {maximum} characters."]}
    assert form[field].data == "é" * (maximum + 1)


@pytest.mark.asvs("15.2.2")
@pytest.mark.parametrize(("field", "maximum"), [("name", 100), ("email", 254), ("password", 256)])
@pytest.mark.parametrize("text", ["a" * 1001, "e\u0301" * 600, " " * 1001, "a\0" * 600])
def test_text_too_long_as_sent_is_shown_again_without_filters(field, maximum, text):
    """Filters would compose, trim and clean it."""
    form = typed(**{field: text})
    assert not form.validate()
    assert form.errors == {field: [f"Use at most {maximum} characters."]}
    assert form[field].data == text[:MAX_RAW_LENGTH]


class PathForm(SiteForm):
    """A hidden path, a checkbox, and a text that may be longer than others."""

    next = next_field()
    public_computer = public_computer_field()
    text = label_field("Text", hint="", maximum=1500)


def path_form(**values: str) -> PathForm:
    body = urlencode(values).encode()
    return PathForm.from_request(Request.blank("/", method="POST", body=body, content_type=FORM))


def test_hidden_field_too_long_as_sent_is_dropped():
    """No user could shorten it."""
    for length, expected in ((2000, "/" + "a" * 1999), (2001, None)):
        form = path_form(next="/".ljust(length, "a"))
        assert form.validate()
        assert form.next.data == expected


def test_checkbox_too_long_as_sent_is_refused():
    form = path_form(public_computer="y" * 1001)
    assert not form.validate()
    assert form.errors == {"public_computer": ["Use at most 1000 characters."]}
    assert form.public_computer.data is False


def test_field_may_have_a_greater_maximum():
    assert path_form(text="a" * 1500).validate()
    form = path_form(text="a" * 1501)
    assert not form.validate()
    assert form.errors == {"text": ["Use at most 1500 characters."]}


def test_form_in_a_query_has_the_same_rules():
    def query_form(query: str) -> PathForm:
        return PathForm.from_query(Request.blank(f"/?{query}"))

    assert query_form("text=a&next=/b").data["next"] == "/b"
    assert not query_form(f"text={'a' * 1501}").validate()
    with pytest.raises(HTTPBadRequest):
        query_form("text=a&text=b")


def test_filters_apply_to_text_of_the_maximum_length_as_sent():
    assert typed(name=" " * 999 + "a").validate()
    assert typed(name="e\u0301" * 100).validate()
    assert typed(password="e\u0301" * 128).validate()


@pytest.mark.asvs("15.3.7")
@pytest.mark.parametrize("field", GOOD)
def test_repeated_field_is_a_bad_request(field):
    with pytest.raises(HTTPBadRequest):
        a_form(f"{urlencode(GOOD)}&{field}=again".encode())


@pytest.mark.asvs("15.3.5")
def test_file_in_a_text_field_is_a_bad_request():
    part = (
        b'--x\r\nContent-Disposition: form-data; name="name"; filename="a"\r\n\r\nAda\r\n--x--\r\n'
    )
    with pytest.raises(HTTPBadRequest):
        a_form(part, "multipart/form-data; boundary=x")


@pytest.mark.asvs("15.3.3")
def test_form_ignores_unknown_fields():
    form = a_form(f"{urlencode(GOOD)}&is_admin=1&is_admin=2".encode())
    assert form.validate()
    assert form.data == GOOD


def test_add_error_is_shown_at_its_field_or_the_form():
    form = typed()
    assert form.validate()
    form.add_error("email", "There is an account.")
    form.add_error(None, "Try again.")
    assert list(form.email.errors) == ["There is an account."]
    assert form.form_errors == ["Try again."]
