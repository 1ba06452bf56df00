"""The attributes of inputs are those that WTForms would write."""

import pytest
from markupsafe import Markup
from wtforms.widgets import html_params

from authsite.web.rendering import html_attributes


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"value": "\"><script>&'", "name": "first_name", "id": "first_name"},
        {"required": True, "autofocus": False, "maxlength": 100, "value": ""},
        {"aria_describedby": "a b", "aria_invalid": "true", "class_": "wide", "data_for_x": "y"},
        {"value": Markup("<b>&amp;</b>")},
    ],
)
def test_attributes_are_the_same_as_in_wtforms(values):
    assert html_attributes(**values) == html_params(**values)
