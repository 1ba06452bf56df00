"""What people type into forms: shape, and nothing but shape."""

import unicodedata
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyramid.httpexceptions import HTTPBadRequest

from authsite.web.forms import SiteForm, email_field, name_field, password_field
from authsite.web.request import Request


class PersonForm(SiteForm):
    """One field of each kind."""

    name = name_field("First name", autocomplete="given-name")
    email = email_field()
    password = password_field("Password", autocomplete="new-password", missing="Enter a password.")


GOOD = {"name": "Ada", "email": "ada@example.com", "password": "seven green llamas"}
FORM = "application/x-www-form-urlencoded"


def a_form(body: bytes, content_type: str = FORM) -> PersonForm:
    request = Request.blank("/", method="POST", body=body, content_type=content_type)
    return PersonForm.from_request(request)


def typed(**values: str) -> PersonForm:
    """Return the form as a browser sends it when these values are typed."""
    return a_form(urlencode(GOOD | values).encode())


anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
#: Often with space around it, decomposed, too long, or with characters that cannot be seen.
names = st.one_of(
    anything,
    st.builds(
        "{}{}{}".format,
        st.text(" \t\u00a0\u2003\n", max_size=3),
        st.text("aAé\u0301ß\u1e9b\u0323Å\ufb03 '-\0\x1b\x85\ufffd", min_size=1, max_size=110),
        st.text(" \t\u3000\r", max_size=3),
    ),
)


@given(names)
def test_a_name_is_trimmed_composed_printable_and_short_or_it_is_refused(text):
    form = typed(name=text)
    expected = unicodedata.normalize("NFC", text.strip())
    assert form.name.data == expected
    kinds = {unicodedata.category(each) for each in expected if each not in "\u200c\u200d"}
    seen = kinds - {"Zs"} and not kinds & {"Cc", "Cf"} and "\ufffd" not in expected
    assert form.validate() is bool(1 <= len(expected) <= 100 and seen)


@given(names)
def test_a_name_that_is_sent_again_stays_what_it_is(text):
    once = typed(name=text).name.data
    assert typed(name=once).name.data == once


@pytest.mark.asvs("6.2.8")
@given(anything)
def test_a_password_is_taken_as_it_was_typed(text):
    assert typed(password=text).password.data == text


@given(anything)
def test_a_mistake_comes_with_a_sentence_beside_its_field(text):
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
def test_what_is_missing_is_asked_for(field, message):
    empty = typed(**{field: ""})
    body = urlencode({name: value for name, value in GOOD.items() if name != field})
    for form in (empty, a_form(body.encode())):
        assert not form.validate()
        assert form.errors == {field: [message]}


def test_a_name_of_nothing_but_space_is_missing_but_a_password_is_not():
    assert not typed(name=" \u2003\t").validate()
    assert typed(password="   ").validate()


@pytest.mark.parametrize("field", GOOD)
@pytest.mark.parametrize(
    "unseen", [b"%00", b"%0A", b"%1B", b"%7F", b"%C2%85", b"%FF", b"%EF%BF%BD"]
)
def test_characters_that_nobody_can_have_meant_are_refused(field, unseen):
    body = urlencode({name: value for name, value in GOOD.items() if name != field}).encode()
    form = a_form(body + f"&{field}=a".encode() + unseen + b"a")
    assert not form.validate()
    assert form.errors == {field: ["Remove invisible characters."]}


@pytest.mark.parametrize(("field", "maximum"), [("name", 100), ("email", 254), ("password", 256)])
def test_what_is_too_long_is_refused_and_never_cut(field, maximum):
    assert typed(**{field: "é" * maximum}).validate()
    form = typed(**{field: "é" * (maximum + 1)})
    assert not form.validate()
    assert form.errors == {field: [f"Use at most {maximum} characters."]}
    assert form[field].data == "é" * (maximum + 1)


@pytest.mark.asvs("15.3.7")
@pytest.mark.parametrize("field", GOOD)
def test_a_field_that_is_there_twice_is_no_mistake_of_a_person(field):
    with pytest.raises(HTTPBadRequest):
        a_form(f"{urlencode(GOOD)}&{field}=again".encode())


@pytest.mark.asvs("15.3.5")
def test_a_file_in_the_place_of_a_text_is_no_mistake_of_a_person():
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


def test_what_the_inner_ring_refuses_is_said_beside_its_field_or_above_all():
    form = typed()
    assert form.validate()
    form.add_error("email", "There is an account.")
    form.add_error(None, "Try again.")
    assert list(form.email.errors) == ["There is an account."]
    assert form.form_errors == ["Try again."]
