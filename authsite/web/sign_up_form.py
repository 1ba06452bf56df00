"""The sign-up form, which a host application can extend, and the form of names."""

from collections.abc import Iterator
from typing import Any

from pyramid.registry import Registry
from wtforms import Field, FileField, HiddenField

from authsite.http.redirects import safe_path
from authsite.models.user import NO_LAST_NAME
from authsite.web.forms import (
    NewPasswordForm,
    SiteForm,
    confirm_password_field,
    email_field,
    name_field,
    new_password_field,
)
from authsite.web.validators import ValidEmail

#: The registry's keys of the two forms.
SIGN_UP_FORM = "authsite.sign_up_form"
NAMES_FORM = "authsite.names_form"
_NAMES = ("first_name", "last_name")
_REQUIRED = ("email", "password", "confirm_password", "next")


class SignUpForm(NewPasswordForm):
    """Names, email, a password entered twice, and the page that the visitor was going to.

    A host application derives from it, adds fields, and leaves names out: `last_name = None`.
    """

    first_name: Field | None = name_field("First name", autocomplete="given-name")
    last_name: Field | None = name_field("Last name", autocomplete="family-name")
    email = email_field(validators=[ValidEmail()])
    password = new_password_field()
    confirm_password = confirm_password_field()
    next = HiddenField(filters=[safe_path])

    def __iter__(self) -> Iterator[Field]:
        """Yield the fields in the order of the page: authsite's, then those of the host."""
        own = (self._fields[name] for name in (*_NAMES, *_REQUIRED) if name in self._fields)
        return iter([*own, *self.extra_fields])

    @property
    def extra_fields(self) -> list[Field]:
        """The fields of the host application."""
        return [self[name] for name in self._fields if name not in (*_NAMES, *_REQUIRED)]

    @property
    def extra_values(self) -> dict[str, Any]:
        """The values of these fields, by their names."""
        return {field.name: field.data for field in self.extra_fields}


class NamesForm(SiteForm):
    """First and last name of an account."""

    first_name = name_field("First name", autocomplete="given-name")
    last_name = name_field("Last name", autocomplete="family-name")


def entered_names(
    form: SiteForm, *, first_name: str, last_name: str = NO_LAST_NAME
) -> dict[str, str]:
    """Return both names of a form, or these names for fields that it leaves out.

    The first name is also replaced if it is empty; an empty last name is stored as `NO_LAST_NAME`.
    """
    entered = {name: form[name].data for name in _NAMES if name in form}
    return {
        "first_name": entered.get("first_name") or first_name,
        "last_name": entered.get("last_name", last_name) or NO_LAST_NAME,
    }


def problem_of(form: object) -> str | None:
    """Return why this class cannot be the sign-up form; None if it can."""
    if not (isinstance(form, type) and issubclass(form, SignUpForm)):
        return "it must derive from authsite's SignUpForm"
    fields = form()._fields
    missing = [name for name in _REQUIRED if name not in fields]
    if missing:
        return f"it must keep the fields {', '.join(missing)}"
    if "csrf_token" in fields:
        return "csrf_token is the name of a field of authsite's own"
    files = [name for name, field in fields.items() if isinstance(field, FileField)]
    return f"{files[0]} is a file, which the form does not send" if files else None


def set_sign_up_form(registry: Registry, form: type[SignUpForm]) -> None:
    """Let people sign up by this form, and change the names that it asks for.

    A last name is not asked for later if it was left out, and a first name always is.
    """
    registry[SIGN_UP_FORM] = form
    fields = {
        "first_name": getattr(form, "first_name", None) or NamesForm.first_name,
        "last_name": getattr(form, "last_name", None),
    }
    registry[NAMES_FORM] = type("NamesForm", (NamesForm,), fields)
