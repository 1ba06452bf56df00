"""The template engine escapes all values."""

import pytest

from authsite.web.rendering import TEMPLATES

pytestmark = pytest.mark.one_database


@pytest.mark.asvs("1.1.2")
def test_every_value_is_escaped(application):
    template = application.registry[TEMPLATES].from_string("{{ x }}")
    assert template.render(x="<b>&\"'") == "&lt;b&gt;&amp;&#34;&#39;"
