"""Static files: a URL for each content."""

import hashlib
from pathlib import Path

import pytest

import authsite
from authsite.http.static import PREFIX, build_frame

FOLDER = Path(authsite.__file__).parent / "static"


@pytest.mark.parametrize(("which", "name"), [("stylesheet", "site.css"), ("icon", "favicon.svg")])
def test_static_url_depends_on_the_content(which, name):
    digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
    assert getattr(build_frame("authsite"), which) == f"/{PREFIX}/{name}?v={digest[:12]}"
