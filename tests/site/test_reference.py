"""docs/reference.md lists everything that the docs have a host application import."""

import re
from pathlib import Path

import authsite

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "reference.md").read_text("utf-8")
LISTED = set(re.findall(r"^\.\. auto\w+:: ([\w.]+)", REFERENCE, re.MULTILINE))
CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IMPORT = re.compile(r"^from (authsite[\w.]*) import (.+)$", re.MULTILINE)


def test_reference_lists_all_names_of_the_package() -> None:
    assert {f"authsite.{name}" for name in authsite.__all__} <= LISTED


def test_reference_lists_all_imports_of_the_docs() -> None:
    code = "".join("".join(CODE.findall(page.read_text("utf-8"))) for page in DOCS.glob("*.md"))
    imported = {
        f"{module}.{name}" for module, names in IMPORT.findall(code) for name in names.split(", ")
    }
    assert "authsite.security.identity_of" in imported
    assert imported <= LISTED
