"""What the forms of several pages share: their shape, and how mistakes are worded."""

from collections.abc import Sequence
from typing import Any, Self

from pyramid.httpexceptions import HTTPBadRequest
from webob.multidict import MultiDict
from wtforms import BooleanField, Field, Form, PasswordField, StringField
from wtforms.validators import Optional, StopValidation, ValidationError
from wtforms.widgets import PasswordInput, TextInput

from authsite import email_addresses
from authsite.accounts.suspend_account import MAX_REASON
from authsite.passwords import hasher as passwords
from authsite.text import is_readable, is_visible, trimmed
from authsite.web.rendering import html_attributes
from authsite.web.request import Request

_UNSEEN = "Remove invisible characters."


class SiteForm(Form):
    """A form that checks shape only; what the values mean is for the inner ring to judge."""

    @classmethod
    def from_request(cls, request: Request) -> Self:
        """Return the form filled with what the body says: one text for each field, or a 400.

        A field that is there twice, or is a file, is no mistake that a person can make
        (ASVS 15.3.5, 15.3.7); one that is missing is an empty one.
        """
        form = cls()
        values = MultiDict()
        for name in form._fields:
            texts = request.POST.getall(name)
            if len(texts) > 1 or not all(isinstance(text, str) for text in texts):
                raise HTTPBadRequest
            if texts:
                values[name] = texts[0]
        form.process(values)
        return form

    def add_error(self, field: str | None, message: str) -> None:
        """Mark `field` (None: the whole form) with what the inner ring refused."""
        if field is None:
            self.form_errors.append(message)
        else:
            self[field].errors = [*self[field].errors, message]


class _TextInput(TextInput):
    html_params = staticmethod(html_attributes)


class _PasswordInput(PasswordInput):
    html_params = staticmethod(html_attributes)


class Required:
    """The field holds something, or a sentence asks for it."""

    def __init__(self, message: str) -> None:
        self._message = message
        self.field_flags = {"required": True}

    def __call__(self, _form: Form, field: Field) -> None:
        if not field.data:
            raise StopValidation(self._message)


class NoControlChars:
    """The text has no character that nobody can have meant to type, and is not too long.

    Among them is what bytes become that were no UTF-8: two different passwords would become one.
    """

    def __init__(self, *, maximum: int) -> None:
        self._maximum = maximum
        self.field_flags = {"maxlength": maximum}

    def __call__(self, _form: Form, field: Field) -> None:
        if not is_readable(field.data):
            raise StopValidation(_UNSEEN)
        if len(field.data) > self._maximum:
            raise StopValidation(f"Use at most {self._maximum} characters.")


class NoInvisibleChars:
    """The name can be seen, and turns nothing around that stands beside it (ASVS 1.3.3)."""

    def __call__(self, _form: Form, field: Field) -> None:
        if not is_visible(field.data):
            raise StopValidation(_UNSEEN)


class ValidEmail:
    """The text is an address to which a mail could be sent."""

    def __call__(self, _form: Form, field: Field) -> None:
        try:
            email_addresses.parse_email_address(field.data)
        except email_addresses.InvalidEmailAddress:
            raise StopValidation("Enter an email address like name@example.com.") from None


def name_field(label: str, *, autocomplete: str) -> Field:
    """Return a field for one of a person's names."""
    return StringField(
        label,
        widget=_TextInput(),
        filters=[trimmed],
        validators=[
            Required(f"Enter your {label.lower()}."),
            NoControlChars(maximum=100),
            NoInvisibleChars(),
        ],
        render_kw={"autocomplete": autocomplete, "spellcheck": "false"},
    )


def label_field(label: str, *, hint: str, maximum: int) -> Field:
    """Return a field for what a person calls something of theirs, if they do."""
    return StringField(
        label,
        widget=_TextInput(),
        description=hint,
        filters=[trimmed],
        validators=[Optional(), NoControlChars(maximum=maximum), NoInvisibleChars()],
        render_kw={"autocomplete": "off"},
    )


def email_field(
    label: str = "Email", *, autocomplete: str = "username", validators: Sequence[Any] = ()
) -> Field:
    """Return a field for an email address, by default the one that the user signs in with."""
    return StringField(
        label,
        widget=_TextInput(),
        filters=[trimmed],
        validators=[
            Required("Enter your email."),
            NoControlChars(maximum=email_addresses.MAXIMUM_LENGTH),
            *validators,
        ],
        render_kw={
            "type": "email",
            "autocomplete": autocomplete,
            "autocapitalize": "none",
            "spellcheck": "false",
        },
    )


def password_field(label: str, *, autocomplete: str, missing: str) -> Field:
    """Return a field for a password, which is taken exactly as typed and never shown again."""
    return PasswordField(
        label,
        widget=_PasswordInput(),
        validators=[Required(missing), NoControlChars(maximum=passwords.MAXIMUM_LENGTH)],
        render_kw={"autocomplete": autocomplete},
    )


def new_password_field(label: str = "Password") -> Field:
    """Return the field in which a password is chosen."""
    return password_field(label, autocomplete="new-password", missing=f"Enter a {label.lower()}.")


def confirm_password_field(label: str = "Confirm password") -> Field:
    """Return the field for the same password again."""
    return password_field(label, autocomplete="new-password", missing="Enter the password again.")


def reason_field() -> Field:
    """Return the field for why an account is frozen, which its owner is told."""
    return StringField(
        "Reason",
        widget=_TextInput(),
        filters=[trimmed],
        validators=[
            Required("Enter a reason."),
            NoControlChars(maximum=MAX_REASON),
            NoInvisibleChars(),
        ],
        description=f"Shown to the user when they sign in. At most {MAX_REASON} characters.",
        render_kw={"autocomplete": "off"},
    )


class AccountPasswordForm(SiteForm):
    """The password of an account, from somebody who has a link and is not signed in to it.

    Mail can be read by others, and who reads it is not yet the owner.
    """

    password = password_field(
        "Password", autocomplete="current-password", missing="Enter your password."
    )


class NewPasswordForm(SiteForm):
    """A part of every form in which a password is chosen: entered twice, with a hint.

    WTForms orders fields by their creation. A form that has other fields before the two declares
    them again, after those.
    """

    password = new_password_field()
    confirm_password = confirm_password_field()

    def validate_confirm_password(self, field: Field) -> None:
        """The same password twice, or a typing mistake would lock its owner out."""
        if field.data != self.password.data:
            raise ValidationError("The passwords don't match.")

    def set_password_hint(self, *, minimum_length: int) -> None:
        """Say beside the field what makes a good password."""
        self.password.description = (
            f"At least {minimum_length} characters. Tip: use a few unrelated words."
        )


def checkbox_field(label: str, *, hint: str) -> Field:
    """Return a box to tick; a browser sends nothing for one that is not."""
    return BooleanField(label, description=hint)


def public_computer_box() -> Field:
    """Return the box that makes a session short, wherever one is opened."""
    return checkbox_field(
        "This is a public computer",
        hint="We'll sign you out when you close the browser or have been inactive for a while.",
    )
