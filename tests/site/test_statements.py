"""Statements for the database are expressions or constants, never texts put together."""

import ast

import pytest

from tests.site.source import MODULES, calls, full_name, imported_as, names, written

#: What takes a statement, and what puts a text into one.
TAKERS = {"execute", "executemany", "executescript", "exec_driver_sql", "scalar", "scalars"}
TAKERS |= {"stream", "stream_scalars", "op", "bool_op", "prefix_with", "suffix_with"}
TAKERS |= {"with_hint", "with_statement_hint"}
#: What SQLAlchemy makes of a text as it is.
TEXTS = {"text", "literal_column", "TextClause", "TextualSelect", "DDL", "quoted_name", "*"}
#: Where an expression begins, in SQLAlchemy.
EXPRESSIONS = {"select", "insert", "update", "delete"}
#: Statements of another kind, each with its reason.
#: Methods of expressions, which return another one; texts have no methods of these names.
ADDERS = {"limit", "on_conflict_do_nothing", "order_by", "returning", "where"}
EXCEPTIONS = {
    # PRAGMA takes no parameters. One is a number of milliseconds, one is one of two constants.
    (
        "database.py",
        "f'PRAGMA busy_timeout = {min(self._seconds, _READ_TIMEOUT) * 1000:.0f}'",
    ),
    (
        "database.py",
        "f\"PRAGMA synchronous = {('NORMAL' if options.get(_RELAXED) else 'FULL')}\"",
    ),
    # A parameter of the method, which only its caller two lines above fills: with the one before.
    ("database.py", "durability"),
    # Expressions of SQLAlchemy once more, which it has compiled.
    ("compiled_select.py", "str(statement.compile(dialect=engine.dialect))"),
    ("accounts/import_users.py", "_INSERT[connection.dialect.name](_USER)"),
    ("accounts/throttles.py", "self._take.text"),
    ("accounts/throttles.py", "self._give_back.text"),
}


def texts(modules=MODULES):
    """Return where something of SQLAlchemy is named that takes a text for SQL."""
    return [
        (path, name)
        for path, name in names(modules)
        if name.startswith("sqlalchemy.") and name.rpartition(".")[2] in TEXTS
    ]


def begins_as_expression(node, imported):
    """Whether this is a chain of calls that begins with `sa.select` or another of them."""
    while isinstance(node, ast.Call):
        library, _, function = (full_name(node.func, imported) or "").rpartition(".")
        if library == "sqlalchemy" and function in EXPRESSIONS:
            return True
        node = node.func.value if isinstance(node.func, ast.Attribute) else None
    return False


def without_more(node):
    """Return what an expression was before methods that no text has added to it."""
    while (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ADDERS
    ):
        node = node.func.value
    return node


def bound(tree):
    """Return every value that a name or an attribute of the module is bound to, as it is written.

    None is among them where the value comes from elsewhere: a parameter, a loop, a `with`.
    """
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.AugAssign | ast.For | ast.comprehension):
            pairs = [(node.target, None)]
        elif isinstance(node, ast.withitem):
            pairs = [(node.optional_vars, None)]
        elif isinstance(node, ast.arg):
            pairs = [(ast.Name(node.arg), None)]
        else:
            continue
        for target, value in pairs:
            many = isinstance(target, ast.Tuple | ast.List)
            for each in target.elts if many else [target]:
                if isinstance(each, ast.Name | ast.Attribute):
                    found.setdefault(ast.unparse(each), []).append(None if many else value)
    return found


def doubtful(node, *, tree, values, seen=()):
    """Return the parts of a statement that are neither a constant nor an expression."""
    if isinstance(node, ast.Constant) or begins_as_expression(node, imported_as(tree)):
        return set()
    if isinstance(node, ast.Dict) and all(isinstance(each, ast.Constant) for each in node.values):
        return set()  # options of the execution
    begun = without_more(node)
    if begun is not node and isinstance(begun, ast.Name) and begun.id in seen:
        return set()
    if begun is not node:
        return doubtful(begun, tree=tree, values=values, seen=seen)
    name = ast.unparse(node)
    if isinstance(node, ast.IfExp):
        parts = [node.body, node.orelse]
    elif isinstance(node, ast.Name | ast.Attribute) and name in values and name not in seen:
        parts = [ast.Name(f"{name}") if each is None else each for each in values[name]]
    else:
        return {name}
    found = [doubtful(each, tree=tree, values=values, seen=(*seen, name)) for each in parts]
    return set().union(*found)


def statements(modules=MODULES):
    """Return each statement that is neither a constant nor an expression: (path, as written)."""
    found = set()
    for path, tree in modules.items():
        values, greeting_name = bound(tree), set()
        for _, _, call in calls({path: tree}):
            greeting_name.add(id(call.func))
            if isinstance(call.func, ast.Attribute) and call.func.attr in TAKERS:
                given = [*call.args[:1], *(each.value for each in call.keywords)]
                for each in given:
                    found |= {(path, part) for part in doubtful(each, tree=tree, values=values)}
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in TAKERS
                and id(node) not in greeting_name
            ):
                found.add((path, ast.unparse(node)))
    return found


@pytest.mark.asvs("1.2.4")
def test_no_statement_is_put_together_of_texts():
    assert texts() == []
    assert statements() == EXCEPTIONS


@pytest.mark.parametrize(
    "source",
    [
        "c.execute(f'DELETE FROM {x}')",
        "q = f'DELETE FROM {x}'; c.execute(q)",
        "q = r = 'DELETE FROM ' + x\nc.execute(r)",
        "q = 'DELETE FROM '; q += x; c.execute(q)",
        "c.execute('DELETE FROM %s' % x)",
        "c.execute(' '.join(xs))",
        "q = 'DELETE'; q = q.where(x) + x; c.execute(q)",
        "c.execute(x.where(y))",
        "c.execute(q, execution_options={'a': x})",
        "c.execute('DELETE FROM {}'.format(x))",
        "c.scalar(f'SELECT {x}')",
        "c.scalars(f'SELECT {x}')",
        "c.exec_driver_sql(q)",
        "c.executemany(q or x, rows)",
        "c.execute(statement=f'SELECT {x}')",
        "c.execute(make(x))",
        "c.execute((q := f'SELECT {x}'))",
        "c.execute('SELECT 1' if y else f'SELECT {x}')",
        "for q in x: c.execute(q)",
        "def f(q): c.execute(q)",
        "run = c.execute\nrun(x)",
        "self.q = x + y; c.execute(self.q)",
        "sa.column('a').op(x)(1)",
    ],
)
def test_a_statement_that_is_put_together_would_be_noticed(source):
    assert statements(written(source))


@pytest.mark.parametrize(
    "source",
    [
        "import sqlalchemy as sa\nsa.text(x)",
        "import sqlalchemy as sa\nsa.sql.text(x)",
        "import sqlalchemy\nsqlalchemy.literal_column(x)",
        "from sqlalchemy import text",
        "from sqlalchemy.sql import text as t\nt(x)",
        "from sqlalchemy.sql.expression import text",
        "from sqlalchemy import sql\nsql.text(x)",
        "from sqlalchemy.sql import *",
    ],
)
def test_a_text_for_sql_would_be_noticed(source):
    assert texts(written(source))


@pytest.mark.parametrize(
    "source", ["c.execute('SELECT 1')", "q = sa.select(x).where(x == y)\nc.execute(q)"]
)
def test_a_statement_as_it_should_be_is_not(source):
    assert statements(written(f"import sqlalchemy as sa\n{source}")) == set()
