"""The names of the package itself, which are imported when they are first used."""

import pytest

import authsite
from authsite.application.includeme import includeme
from authsite.application.main import main
from authsite.web.send_to_sign_in import send_to_sign_in


def test_package_offers_three_functions() -> None:
    assert [getattr(authsite, name) for name in authsite.__all__] == [
        includeme,
        main,
        send_to_sign_in,
    ]


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sign_in'"):
        authsite.sign_in  # noqa: B018
