"""What the templates never do, whatever they are given."""

import re

import pytest

from authsite.web.rendering import TEMPLATES as ENVIRONMENT
from tests.site.source import TEMPLATES, calls, imports


@pytest.mark.asvs("1.1.2")
def test_everything_is_escaped_and_nothing_is_excepted(application):
    environment = application.registry[ENVIRONMENT]
    assert environment.from_string("{{ x }}").render(x="<b>&\"'") == "&lt;b&gt;&amp;&#34;&#39;"
    for name, text in TEMPLATES.items():
        assert not re.search(r"\|\s*safe\b|autoescape|Markup", text), name
    assert [each for each in imports() if "arkup" in each[1]] == []


@pytest.mark.asvs("1.3.7")
def test_templates_are_files_of_ours():
    made = {"from_string", "Template", "render_to_response", "compile_expression"}
    assert [(path, name) for path, name, _ in calls() if name.rpartition(".")[2] in made] == []
    for name, text in TEMPLATES.items():
        for asked in re.findall(r"{%-?\s*(?:extends|include|import|from)\s+(\S+)", text):
            assert re.fullmatch(r'"[a-z_]+\.jinja2"', asked), name


def test_no_template_has_a_script_or_loads_anything_from_elsewhere():
    for name, text in TEMPLATES.items():
        assert not re.search(r"<(script|iframe|object|embed|applet|base|style)\b", text), name
        assert not re.search(r"\s(on[a-z]+|style|srcdoc)=", text), name
        assert not re.search(r"(src|href|action)=\"?(https?:|//|javascript:|data:)", text), name
