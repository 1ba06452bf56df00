"""Sign-up forms of host applications: which are accepted, and the names that they give."""

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from webob.multidict import MultiDict
from wtforms import FileField, StringField

from authsite.application.includeme import set_authsite_sign_up_form
from authsite.web.forms import SiteForm
from authsite.web.sign_up_form import (
    NAMES_FORM,
    SIGN_UP_FORM,
    SignUpForm,
    entered_names,
    set_sign_up_form,
)


class WithoutEmail(SignUpForm):
    """A form without a field that authsite needs."""

    email = None


class WithToken(SignUpForm):
    """A form with a field that is in every form already."""

    csrf_token = StringField("Token")


class WithFile(SignUpForm):
    """A form with a file."""

    photo = FileField("Photo")


class FirstNameOnly(SignUpForm):
    """A form with one name, whose field has another label, and another field."""

    last_name = None
    first_name = StringField("Full name")
    company = StringField("Company")


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (SiteForm, "must derive from authsite's SignUpForm"),
        (SignUpForm(), "must derive from authsite's SignUpForm"),
        (WithoutEmail, "must keep the fields email"),
        (WithToken, "csrf_token is the name of a field of authsite's own"),
        (WithFile, "photo is a file, which the form does not send"),
    ],
)
def test_unsuitable_sign_up_form_is_refused_at_the_start(form, message):
    with pytest.raises(ConfigurationError, match=message):
        set_authsite_sign_up_form(Configurator(), form)


def test_sign_up_form_may_be_a_dotted_name():
    config = Configurator(autocommit=True)
    set_authsite_sign_up_form(config, f"{__name__}.FirstNameOnly")
    assert config.registry[SIGN_UP_FORM] is FirstNameOnly


def test_order_of_fields_is_that_of_the_page():
    names = [field.name for field in FirstNameOnly()]
    assert names == ["first_name", "email", "password", "confirm_password", "next", "company"]


def test_names_are_changed_by_the_fields_of_the_sign_up_form():
    registry = Configurator().registry
    set_sign_up_form(registry, FirstNameOnly)
    assert [field.label.text for field in registry[NAMES_FORM]()] == ["Full name"]
    set_sign_up_form(registry, type("Nameless", (FirstNameOnly,), {"first_name": None}))
    assert [field.label.text for field in registry[NAMES_FORM]()] == ["First name"]


@pytest.mark.parametrize(
    ("form", "values", "first_name", "last_name"),
    [
        (SignUpForm, {"first_name": "Ada", "last_name": "Lovelace"}, "Ada", "Lovelace"),
        (SignUpForm, {"first_name": "", "last_name": ""}, "ada.l", "-"),
        (FirstNameOnly, {"first_name": "Ada"}, "Ada", "Byron"),
    ],
)
def test_missing_names_are_replaced(form, values, first_name, last_name):
    names = entered_names(form(MultiDict(values)), first_name="ada.l", last_name="Byron")
    assert names == {"first_name": first_name, "last_name": last_name}
