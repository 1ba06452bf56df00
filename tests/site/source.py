"""The source of the package as a tree, for tests of what it never does."""

import ast
import builtins
from collections.abc import Iterator, Mapping
from pathlib import Path

import authsite

PACKAGE = Path(authsite.__file__).parent
MODULES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}
_TEMPLATES = PACKAGE / "templates"
TEMPLATES = {
    path.relative_to(_TEMPLATES).as_posix(): path.read_text("utf-8")
    for path in _TEMPLATES.rglob("*.jinja2")
}

#: Modules by their path: those of the package, or bad ones that a test has to notice.
Modules = Mapping[str, ast.Module]


def calls(modules: Modules = MODULES) -> Iterator[tuple[str, str, ast.Call]]:
    """Yield every call: the module's path, what is called as it is written, and the call."""
    for path, tree in modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield path, ast.unparse(node.func), node


def imports(modules: Modules = MODULES) -> Iterator[tuple[str, str]]:
    """Yield every import: the module's path, and the full name of what it imports."""
    for path, tree in modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from ((path, each.name) for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((path, f"{node.module}.{each.name}") for each in node.names)


def imported_as(tree: ast.Module) -> dict[str, str]:
    """Return what a module calls its imports, and what these are in full."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                top = each.name.partition(".")[0]
                found[each.asname or top] = each.name if each.asname else top
        elif isinstance(node, ast.ImportFrom):
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return found


def full_name(node: ast.AST, imported: Mapping[str, str]) -> str | None:
    """Return the dotted name of an expression, beginning with what was imported or built in.

    `os.system` for `from os import system as run` and `run`; None for names that a module makes.
    """
    if isinstance(node, ast.Attribute):
        before = full_name(node.value, imported)
        return before and f"{before}.{node.attr}"
    if not isinstance(node, ast.Name):
        return None
    if node.id in imported:
        return imported[node.id]
    if node.id == "__builtins__":
        return "builtins"
    return f"builtins.{node.id}" if hasattr(builtins, node.id) else None


def names(modules: Modules = MODULES) -> Iterator[tuple[str, str]]:
    """Yield every import and every name that is used: the module's path, and the name in full."""
    yield from imports(modules)
    for path, tree in modules.items():
        imported = imported_as(tree)
        for node in ast.walk(tree):
            name = full_name(node, imported)
            if name:
                yield path, name


def uses_of(*libraries: str) -> Iterator[tuple[str, str]]:
    """Yield every function of these libraries that is named: the module's path and the function."""
    for path, name in names():
        if name.rpartition(".")[0] in libraries:
            yield path, name


def is_one_of(name: str, forbidden: set[str]) -> bool:
    """Whether a full name is one of these, or inside of one."""
    return any(name == each or name.startswith(f"{each}.") for each in forbidden)


def written(source: str) -> Modules:
    """Return a module of this source, to see that a test notices what is wrong with it."""
    return {"bad.py": ast.parse(source)}
