"""What the code of the package never does, whatever is sent to it."""

import ast
import re
import sys
from importlib.metadata import packages_distributions, requires

import pytest
from packaging.requirements import Requirement

from tests.site.source import MODULES, calls, imports, uses_of

#: Libraries that run what they are given, or make objects of it.
DANGEROUS = {"code", "ctypes", "marshal", "multiprocessing", "pickle", "pty", "runpy", "shelve"}
DANGEROUS |= {"subprocess", "yaml", "lxml", "xml", "ldap", "ldap3", "importlib.import_module"}
#: Libraries that talk to other machines. The database's driver is SQLAlchemy's affair.
NETWORK = {"aiohttp", "ftplib", "http.client", "httpx", "imaplib", "requests", "smtplib"}
NETWORK |= {"socket", "ssl", "telnetlib", "urllib.request", "urllib3", "xmlrpc"}
#: Comparisons of secrets that need not take the same time for all values, each with its reason.
COMPARISONS = {
    # In the database, between digests: what is learned about a digest helps nobody to its secret.
    ("accounts/sessions.py", "UserSession.secret_digest == token.digest"),
    ("accounts/sign_in.py", "_USERS.c.password_hash == sa.bindparam('seen')"),
    # At the start of the site, between two of its operator's values.
    ("read_settings.py", "settings.secret == DEVELOPMENT_SECRET.encode()"),
}


def imported(name, libraries):
    """Whether a full name is one of the libraries or inside of one."""
    return any(name == each or name.startswith(f"{each}.") for each in libraries)


@pytest.mark.asvs("1.2.5", "1.3.2", "1.5.1", "1.5.2")
def test_nothing_runs_what_it_is_given_or_makes_objects_of_it():
    assert [each for each in imports() if imported(each[1], DANGEROUS)] == []
    builtins = {"eval", "exec", "compile", "__import__"}
    assert [(path, name) for path, name, _ in calls() if name in builtins] == []
    started = re.compile(r"os\.(system|popen|exec|spawn|posix_spawn|fork)")
    assert [(path, name) for path, name, _ in calls() if started.match(name)] == []


@pytest.mark.asvs("1.2.4")
def test_no_statement_is_put_together_of_texts():
    made = {"text", "literal_column", "TextClause"}
    assert [each for each in uses_of("sqlalchemy", "sa") if each[1].split(".")[1] in made] == []
    for path, name, call in calls():
        if name.rpartition(".")[2] in {"execute", "executemany", "exec_driver_sql"}:
            put_together = (ast.JoinedStr, ast.BinOp, ast.Call)
            text = call.args[0]
            is_expression = isinstance(text, ast.Call) and ast.unparse(text).startswith("sa.")
            assert is_expression or not isinstance(text, put_together), (path, ast.unparse(call))


@pytest.mark.asvs("1.3.6", "13.2.4")
def test_nothing_asks_another_machine():
    assert [each for each in imports() if imported(each[1], NETWORK)] == []


def patterns():
    """Return every regular expression of the package, and where it stands."""
    return [(path, call) for path, name, call in calls() if re.match(r"re\.[a-z]+$", name)]


@pytest.mark.asvs("1.2.9")
def test_no_pattern_is_made_of_what_is_given():
    assert patterns()
    assert [path for path, call in patterns() if not isinstance(call.args[0], ast.Constant)] == []


def repeats_without_end(parsed, *, inside=False):
    """Whether a pattern repeats without end what itself repeats without end: exponential time."""
    for operation, argument in parsed:
        name = str(operation)
        endless = name in {"MAX_REPEAT", "MIN_REPEAT"} and argument[1] > 1000
        if endless and inside:
            return True
        parts = argument if isinstance(argument, tuple | list) else ()
        for part in parts:
            for each in part if name == "BRANCH" and isinstance(part, list) else [part]:
                if hasattr(each, "data") and repeats_without_end(each, inside=inside or endless):
                    return True
    return False


def parsed(pattern):
    """Return the pattern as Python's own parser reads it."""
    return re._parser.parse(pattern)


@pytest.mark.asvs("1.3.12")
def test_no_pattern_takes_exponential_time():
    for path, call in patterns():
        assert not repeats_without_end(parsed(call.args[0].value)), path


@pytest.mark.parametrize("slow", ["(a+)+b", "(a|b*)*c", "((a*)b?)*", "(?:x+?)+", "(a(b(c+))*)d+"])
def test_a_pattern_that_does_would_be_found(slow):
    assert repeats_without_end(parsed(slow))


def is_secret(node):
    """Whether an expression is called as if nobody should be able to guess it."""
    words = r"(digest|secret|signature|token|password|_hash|code|mac)$"
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return re.search(words, name) is not None


@pytest.mark.asvs("11.2.4")
def test_secrets_are_compared_in_constant_time():
    found = {
        (path, ast.unparse(node))
        for path, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        if isinstance(node.ops[0], ast.Eq | ast.NotEq)
        if any(is_secret(each) for each in (node.left, *node.comparators))
    }
    assert found == COMPARISONS
    assert {path for path, _ in uses_of("hmac")} >= {"csrf.py", "tokens.py"}


@pytest.mark.asvs("11.2.1", "15.2.3")
def test_what_is_imported_is_the_standard_library_or_installed_with_the_site():
    """No tests, no tools of development, no cryptography but that of argon2-cffi and Python."""
    needed = {
        requirement.name.lower().replace(".", "-").replace("_", "-")
        for requirement in map(Requirement, requires("authsite"))
        if requirement.marker is None
    }
    # What these bring with them, and the driver that the extra `postgres` is for.
    needed |= {"jinja2", "transaction", "zope-interface", "webob", "plaster"}
    distributions = packages_distributions()
    for path, name in imports():
        top = name.partition(".")[0]
        if top == "authsite" or top in sys.stdlib_module_names:
            continue
        owners = {each.lower().replace(".", "-").replace("_", "-") for each in distributions[top]}
        assert owners & needed, (path, name)


@pytest.mark.asvs("16.2.3")
def test_the_package_writes_to_no_log_but_through_logging():
    """Where the log goes is for the ini file to say; commands write their answers."""
    assert [each for each in imports() if imported(each[1], {"syslog", "logging.handlers"})] == []
    elsewhere = {"print", "logging.basicConfig", "logging.FileHandler", "logging.StreamHandler"}
    assert [(path, name) for path, name, _ in calls() if name in elsewhere] == []
    streams = {"sys.stdout.write", "sys.stderr.write"}
    written = {path for path, name, _ in calls() if name in streams}
    assert all(path.startswith("commands/") for path in written)
