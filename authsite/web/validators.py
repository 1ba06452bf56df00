"""Validators of form fields: the shape of what was entered."""

from wtforms import Field, Form, PasswordField
from wtforms.validators import StopValidation

from authsite import email_addresses
from authsite.text import describe_character, find_invisible, find_unreadable, is_visible


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
    passwords would be one. The message quotes the text before the character, except in a password.
    """

    def __init__(self, *, maximum: int, except_: str = "") -> None:
        self._maximum = maximum
        self._except = except_
        self.field_flags = {"maxlength": maximum}

    def __call__(self, _form: Form, field: Field) -> None:
        if len(field.data) > self._maximum:
            raise StopValidation(too_long(self._maximum))
        position = find_unreadable(field.data, except_=self._except)
        if position is not None:
            is_secret = isinstance(field, PasswordField)
            raise StopValidation(_remove(field.data, position, is_secret=is_secret))


class NoInvisibleChars:
    """The text is visible and does not reverse the text beside it (ASVS 1.3.3)."""

    def __call__(self, _form: Form, field: Field) -> None:
        position = find_invisible(field.data)
        if position is not None:
            raise StopValidation(_remove(field.data, position))
        if not is_visible(field.data):
            raise StopValidation("Use at least one visible character.")


class ValidEmail:
    """The text is an email address that a message could be sent to.

    No message tells to remove a letter: the rest of the address would be another mailbox.
    """

    def __call__(self, _form: Form, field: Field) -> None:
        try:
            email_addresses.parse_email_address(field.data)
        except email_addresses.InvalidEmailAddress:
            raise StopValidation(_email_problem(field.data)) from None


def _email_problem(text: str) -> str:
    position = email_addresses.find_misplaced(text)
    if position is None:
        return "Enter an email address like name@example.com."
    if text[position].isalpha():
        return "Use only letters without accents before the @."
    return _remove(text, position)


def _remove(text: str, position: int, *, is_secret: bool = False) -> str:
    return f"Remove the {describe_character(text, position, is_secret=is_secret)}."


def too_long(maximum: int) -> str:
    """Return the message for a text of more than `maximum` characters."""
    return f"Use at most {maximum} characters."
