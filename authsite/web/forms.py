"""Fields, validators and forms that several pages share."""

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

_INVISIBLE = "Remove invisible characters."


class SiteForm(Form):
    """A form that checks the shape of its values; flows check what they mean."""

    @classmethod
    def from_request(cls, request: Request) -> Self:
        """Return the form with the values of the body; a missing field is empty.

        Raises `HTTPBadRequest` if a field occurs twice or is a file, which no browser sends
        (ASVS 15.3.5, 15.3.7).
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
        """Add the message of a domain error to a field (None: to the whole form)."""
        if field is None:
            self.form_errors.append(message)
        else:
            self[field].errors = [*self[field].errors, message]


class _TextInput(TextInput):
    html_params = staticmethod(html_attributes)


class _PasswordInput(PasswordInput):
    html_params = staticmethod(html_attributes)


class Required:
    """The field is not empty."""

    def __init__(self, message: str) -> None:
        self._message = message
        self.field_flags = {"required": True}

    def __call__(self, _form: Form, field: Field) -> None:
        if not field.data:
            raise StopValidation(self._message)


class NoControlChars:
    """The text has no control characters and is not too long.

    U+FFFD, which replaces bytes that are not UTF-8, is refused too: with it, two different
    passwords would be one.
    """

    def __init__(self, *, maximum: int) -> None:
        self._maximum = maximum
        self.field_flags = {"maxlength": maximum}

    def __call__(self, _form: Form, field: Field) -> None:
        if not is_readable(field.data):
            raise StopValidation(_INVISIBLE)
        if len(field.data) > self._maximum:
            raise StopValidation(f"Use at most {self._maximum} characters.")


class NoInvisibleChars:
    """The text is visible and does not reverse the text beside it (ASVS 1.3.3)."""

    def __call__(self, _form: Form, field: Field) -> None:
        if not is_visible(field.data):
            raise StopValidation(_INVISIBLE)


class ValidEmail:
    """The text is an email address that a message could be sent to."""

    def __call__(self, _form: Form, field: Field) -> None:
        try:
            email_addresses.parse_email_address(field.data)
        except email_addresses.InvalidEmailAddress:
            raise StopValidation("Enter an email address like name@example.com.") from None


def name_field(label: str, *, autocomplete: str) -> Field:
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
    """Return a field for an optional name that a user gives to something."""
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
    """Return a field for a password, which is not trimmed and never shown again."""
    return PasswordField(
        label,
        widget=_PasswordInput(),
        validators=[Required(missing), NoControlChars(maximum=passwords.MAXIMUM_LENGTH)],
        render_kw={"autocomplete": autocomplete},
    )


def new_password_field(label: str = "Password") -> Field:
    return password_field(label, autocomplete="new-password", missing=f"Enter a {label.lower()}.")


def confirm_password_field(label: str = "Confirm password") -> Field:
    return password_field(label, autocomplete="new-password", missing="Enter the password again.")


def reason_field() -> Field:
    """Return the field for the reason of a suspension, which the user is shown."""
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
    """The password of an account, for a page behind an email link.

    The link alone does not prove that its visitor is the owner: other people can read email.
    """

    password = password_field(
        "Password", autocomplete="current-password", missing="Enter your password."
    )


class NewPasswordForm(SiteForm):
    """A new password, entered twice, with a hint.

    WTForms orders fields by their creation. A subclass with fields before these two declares the
    two again, after its own.
    """

    password = new_password_field()
    confirm_password = confirm_password_field()

    def validate_confirm_password(self, field: Field) -> None:
        if field.data != self.password.data:
            raise ValidationError("The passwords don't match.")

    def set_password_hint(self, *, minimum_length: int) -> None:
        self.password.description = (
            f"At least {minimum_length} characters, and not easy to guess. "
            "Tip: use a few unrelated words."
        )


def checkbox_field(label: str, *, hint: str) -> Field:
    return BooleanField(label, description=hint)


def public_computer_field() -> Field:
    """Return the checkbox for a public computer, which selects the shorter timeouts."""
    return checkbox_field(
        "This is a public computer",
        hint="We'll sign you out when you close the browser or have been inactive for a while.",
    )
