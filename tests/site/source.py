"""The source of the package as a tree, for tests of what it never does."""

import ast
from collections.abc import Iterator
from pathlib import Path

import authsite

PACKAGE = Path(authsite.__file__).parent
MODULES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}
TEMPLATES = {
    path.name: path.read_text("utf-8") for path in (PACKAGE / "templates").rglob("*.jinja2")
}


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Yield every call: the module's path, what is called as it is written, and the call."""
    for path, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield path, ast.unparse(node.func), node


def imports() -> Iterator[tuple[str, str]]:
    """Yield every import: the module's path, and the full name of what it imports."""
    for path, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from ((path, each.name) for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((path, f"{node.module}.{each.name}") for each in node.names)


def uses_of(*libraries: str) -> Iterator[tuple[str, str]]:
    """Yield every function of these libraries that is named: the module's path and the function."""
    for path, name in imports():
        library, _, function = name.rpartition(".")
        if library in libraries:
            yield path, f"{library}.{function}"
    for path, tree in MODULES.items():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
                continue
            if node.value.id in libraries:
                yield path, f"{node.value.id}.{node.attr}"
