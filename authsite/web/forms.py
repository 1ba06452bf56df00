"""Fields and forms that several pages share."""

from collections.abc import Sequence
from typing import Any, Self

from pyramid.httpexceptions import HTTPBadRequest
from webob.multidict import MultiDict
from wtforms import (
    BooleanField,
    Field,
    Form,
    HiddenField,
    PasswordField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional, ValidationError
from wtforms.widgets import PasswordInput, TextArea, TextInput

from authsite import email_addresses
from authsite.accounts.notes import MAX_NOTE
from authsite.accounts.suspend_account import MAX_REASON
from authsite.http.redirects import MAXIMUM_LENGTH as MAX_PATH_LENGTH
from authsite.http.redirects import safe_path
from authsite.passwords import hasher as passwords
from authsite.passwords.policy import PasswordPolicy
from authsite.text import trimmed, trimmed_lines, trimmed_name
from authsite.web.rendering import html_attributes
from authsite.web.request import Request
from authsite.web.validators import NoControlChars, NoInvisibleChars, Required, too_long

#: Characters of a field as sent, unless its own maximum is greater. More are refused before
#: anything reads them: normalizing takes a time that grows with the square of the combining marks,
#: 3 seconds for 62 KB of them.
MAX_RAW_LENGTH = 1000
#: The same for hidden fields, which are dropped if they have more: as much as a path may have.
MAX_RAW_HIDDEN_LENGTH = MAX_PATH_LENGTH


class SiteForm(Form):
    """A form that checks the shape of its values; flows check what they mean."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._overlong: dict[str, str] = {}
        super().__init__(*args, **kwargs)

    @classmethod
    def from_request(cls, request: Request) -> Self:
        """Return the form with the values of the body; a missing field is empty.

        Raises `HTTPBadRequest` if a field occurs twice or is a file, which no browser sends
        (ASVS 15.3.5, 15.3.7).
        """
        return cls._from_values(request.POST)

    @classmethod
    def from_query(cls, request: Request) -> Self:
        """Return the form with the values of the query, for a form that is sent by GET."""
        return cls._from_values(request.GET)

    @classmethod
    def _from_values(cls, sent: MultiDict) -> Self:
        form = cls()
        values = MultiDict()
        for name, field in form._fields.items():
            texts = sent.getall(name)
            if len(texts) > 1 or not all(isinstance(text, str) for text in texts):
                raise HTTPBadRequest
            text = texts[0] if texts else ""
            if isinstance(field, HiddenField):  # no user can shorten it
                values[name] = text if len(text) <= MAX_RAW_HIDDEN_LENGTH else ""
            elif len(text) > max(MAX_RAW_LENGTH, field.flags.maxlength or 0):
                form._overlong[name] = text[:MAX_RAW_LENGTH]
            elif texts:
                values[name] = text
        form.process(values)
        for name, beginning in form._overlong.items():
            if isinstance(form[name], StringField):  # the page shows it again, unless a password
                form[name].data = beginning
        return form

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether all fields are valid; text that is too long as sent has this one error."""
        is_valid: bool = super().validate(extra_validators)
        for name in self._overlong:
            maximum = self[name].flags.maxlength or MAX_RAW_LENGTH
            self[name].errors = [too_long(maximum)]
        return is_valid and not self._overlong

    def add_error(self, field: str | None, message: str) -> None:
        """Add the message of a domain error to a field (None: to the whole form)."""
        if field is None:
            self.form_errors.append(message)
        else:
            self[field].errors = [*self[field].errors, message]


class _TextInput(TextInput):
    html_params = staticmethod(html_attributes)


class _TextArea(TextArea):
    html_params = staticmethod(html_attributes)


class _PasswordInput(PasswordInput):
    html_params = staticmethod(html_attributes)


def name_field(label: str, *, autocomplete: str) -> Field:
    """Return a required field for a name of at most 100 characters."""
    return StringField(
        label,
        widget=_TextInput(),
        filters=[trimmed_name],
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
        filters=[trimmed_name],
        validators=[Optional(), NoControlChars(maximum=maximum), NoInvisibleChars()],
        render_kw={"autocomplete": "off"},
    )


def email_field(
    label: str = "Email",
    *,
    autocomplete: str = "username",
    missing: str = "Enter your email.",
    validators: Sequence[Any] = (),
) -> Field:
    """Return a field for an email address, by default the one that the user signs in with."""
    return StringField(
        label,
        widget=_TextInput(),
        filters=[trimmed, email_addresses.clean_email_address],
        validators=[
            Required(missing),
            NoControlChars(maximum=email_addresses.MAXIMUM_LENGTH),
            NoInvisibleChars(),
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


def reason_field(shown: str = "Shown to the user when they sign in.") -> Field:
    """Return the field for a reason, which the user is shown: by default of a suspension."""
    return StringField(
        "Reason",
        widget=_TextInput(),
        filters=[trimmed],
        validators=[
            Required("Enter a reason."),
            NoControlChars(maximum=MAX_REASON),
            NoInvisibleChars(),
        ],
        description=f"{shown} At most {MAX_REASON} characters.",
        render_kw={"autocomplete": "off"},
    )


def note_field() -> Field:
    """Return the field for a note of several lines, which the user is not shown."""
    return TextAreaField(
        "Note",
        widget=_TextArea(),
        filters=[trimmed_lines],
        validators=[
            Required("Enter a note."),
            NoControlChars(maximum=MAX_NOTE, except_="\n"),
            NoInvisibleChars(),
        ],
        description=f"The user can't see it. At most {MAX_NOTE} characters.",
        render_kw={"autocomplete": "off", "rows": 4},
    )


class NoteForm(SiteForm):
    """A note, for administrators and operators."""

    note = note_field()


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

    The length is checked here, so that its error is shown with those of the other fields. Flows
    check the rest of the policy, which is throttled.
    """

    policy: PasswordPolicy

    password = new_password_field()
    confirm_password = confirm_password_field()

    @classmethod
    def from_request(cls, request: Request) -> Self:
        form = super().from_request(request)
        form.policy = request.authsite.services.password_policy
        return form

    def validate_password(self, field: Field) -> None:
        problem = self.policy.explain_wrong_length(passwords.normalized(field.data))
        if problem:
            raise ValidationError(problem)

    def validate_confirm_password(self, field: Field) -> None:
        if field.data != self.password.data:
            raise ValidationError("The passwords don't match.")

    def set_password_hint(self, *, minimum_length: int) -> None:
        self.password.description = (
            f"At least {minimum_length} characters, and not easy to guess. "
            "Tip: use a few unrelated words."
        )


def next_field() -> Field:
    """Return the hidden field for the page that the visitor was going to, a path of this site."""
    return HiddenField(filters=[safe_path])


def checkbox_field(label: str, *, hint: str) -> Field:
    return BooleanField(label, description=hint)


def public_computer_field() -> Field:
    """Return the checkbox for a public computer, which selects the shorter timeouts."""
    return checkbox_field(
        "This is a public computer",
        hint="We'll sign you out when you close the browser or have been inactive for a while.",
    )
