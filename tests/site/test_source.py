"""What the code of the package never does, whatever is sent to it."""

import ast
import sys
from importlib.metadata import packages_distributions, requires

import pytest
from packaging.requirements import Requirement

from tests.site.source import (
    MODULES,
    calls,
    full_name,
    imported_as,
    imports,
    is_one_of,
    names,
    written,
)

#: What runs what it is given, makes objects of it, or finds code by a name.
DANGEROUS = {"cffi", "cloudpickle", "code", "codeop", "ctypes", "dill", "jsonpickle", "marshal"}
DANGEROUS |= {"multiprocessing", "pickle", "pty", "runpy", "shelve", "subprocess", "timeit"}
DANGEROUS |= {"asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"}
DANGEROUS |= {"asyncio.subprocess", "concurrent.futures.ProcessPoolExecutor", "distutils"}
DANGEROUS |= {"importlib.import_module", "importlib.machinery", "importlib.util", "pkgutil"}
DANGEROUS |= {"imp", "pydoc", "pyramid.path.DottedNameResolver", "zope.dottedname"}
DANGEROUS |= {"sqlalchemy.PickleType", "sqlalchemy.types.PickleType", "sqlalchemy.ext.serializer"}
DANGEROUS |= {"sys.modules", "ldap", "ldap3", "lxml", "xml", "yaml", "logging.config"}
DANGEROUS |= {f"builtins.{each}" for each in ("eval", "exec", "compile", "__import__", "globals")}
#: And these of `os`, by how their names begin.
STARTED = tuple(f"os.{each}" for each in ("system", "popen", "exec", "spawn", "posix_", "fork"))
#: Libraries that talk to other machines. The database's driver is SQLAlchemy's affair.
NETWORK = {"aiohttp", "asyncio", "dns", "ftplib", "http.client", "http.server", "httplib2", "httpx"}
NETWORK |= {"imaplib", "nntplib", "paramiko", "poplib", "pycurl", "requests", "selectors"}
NETWORK |= {"smtplib", "socket", "socketserver", "ssl", "telnetlib", "urllib.request", "urllib3"}
NETWORK |= {"websockets", "wsgiref", "xmlrpc", "email_validator.deliverability", "_socket"}


def dangers(modules=MODULES):
    """Return where something of that is named, under whatever name it was imported."""
    found = [each for each in names(modules) if is_one_of(each[1], DANGEROUS)]
    found += [each for each in names(modules) if each[1].startswith(STARTED)]
    found += [each for each in names(modules) if each[1] == "builtins"]
    for path, _, call in calls(modules):
        imported = imported_as(modules[path])
        if full_name(call.func, imported) == "builtins.getattr":
            of = call.args[0]
            if isinstance(of, ast.Name) and of.id in imported:
                found.append((path, ast.unparse(call)))
    return found


@pytest.mark.asvs("1.2.5", "1.3.2", "1.5.1", "1.5.2")
def test_nothing_runs_what_it_is_given_or_makes_objects_of_it():
    # These import on demand, by names that stand in the code.
    lazy = {("__init__.py", "pkgutil"), ("cli/lazy_group.py", "pkgutil")}
    found = [each for each in dangers() if (each[0], each[1].partition(".")[0]) not in lazy]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "import importlib\nimportlib.import_module(x)",
        "from importlib import import_module as find\nfind(x)",
        "from os import system",
        "import os as o\no.popen(x)",
        "import os\nrun = os.execvp",
        "import os\ngetattr(os, 'sys' + 'tem')(x)",
        "import builtins\nbuiltins.eval(x)",
        "map(eval, xs)",
        "__builtins__['eval'](x)",
        "globals()[x]()",
        "import asyncio\nasyncio.create_subprocess_shell(x)",
        "from concurrent import futures\nfutures.ProcessPoolExecutor()",
        "import pickle as p",
        "from xml.etree import ElementTree",
        "import sqlalchemy as sa\nsa.Column(sa.PickleType)",
    ],
)
def test_what_runs_something_would_be_noticed(source):
    assert dangers(written(source))


def connections(modules=MODULES):
    """Return where something is named that can talk to another machine."""
    return [each for each in names(modules) if is_one_of(each[1], NETWORK)]


def judgements(modules=MODULES):
    """Return every use of the library that judges addresses, and could look them up: (path, how).

    A call that says itself that nothing is looked up is none of them.
    """
    escape_formula = {
        id(call.func)
        for _, _, call in calls(modules)
        for each in call.keywords
        if each.arg == "check_deliverability"
        if isinstance(each.value, ast.Constant) and each.value.value is False
    }
    for path, tree in modules.items():
        imported = imported_as(tree)
        for node in ast.walk(tree):
            name = full_name(node, imported) or ""
            if name.startswith("email_validator.") and id(node) not in escape_formula:
                yield path, name


@pytest.mark.asvs("1.3.6", "13.2.4")
def test_nothing_asks_another_machine_but_the_mail_server():
    """The settings ask `ssl` whether a file holds certificates."""
    assert {(path, name.partition(".")[0]) for path, name in connections()} == {
        ("mail/server.py", "smtplib"),
        ("mail/server.py", "ssl"),
        ("mail/smtp.py", "smtplib"),
        ("setting_values.py", "ssl"),
    }
    assert set(judgements()) == {("email_addresses.py", "email_validator.EmailNotValidError")}
    assert "email_validator.validate_email" in {name for _, name in names()}


@pytest.mark.parametrize(
    "source",
    [
        "import asyncio\nasyncio.open_connection(x, 80)",
        "from asyncio import open_connection",
        "import dns.resolver\ndns.resolver.resolve(x)",
        "from dns import resolver",
        "from urllib import request\nrequest.urlopen(x)",
        "import urllib\nurllib.request.urlopen(x)",
        "from http import client",
        "from email_validator import deliverability",
    ],
)
def test_what_asks_another_machine_would_be_noticed(source):
    assert connections(written(source))


@pytest.mark.parametrize(
    "call",
    [
        "validate_email(x)",
        "validate_email(x, check_deliverability=True)",
        "validate_email(x, check_deliverability=y)",
        "map(validate_email, xs)",
    ],
)
def test_an_address_that_is_looked_up_would_be_noticed(call):
    assert list(judgements(written(f"from email_validator import validate_email\n{call}")))


@pytest.mark.asvs("11.2.1", "15.2.3")
def test_what_is_imported_is_the_standard_library_or_installed_with_the_site():
    """No tests, no tools of development, no cryptography but argon2-cffi, bcrypt and Python's."""
    needed = {
        requirement.name.lower().replace(".", "-").replace("_", "-")
        for requirement in map(Requirement, requires("authsite"))
        if requirement.marker is None
    }
    # What these bring with them, and what the extra `metrics` is for.
    needed |= {"jinja2", "transaction", "zope-interface", "webob", "plaster", "prometheus-client"}
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
    elsewhere = {"syslog", "logging.handlers", "logging.basicConfig", "builtins.print"}
    elsewhere |= {"logging.FileHandler", "logging.StreamHandler"}
    assert [each for each in names() if is_one_of(each[1], elsewhere)] == []
    streams = {"sys.stdout", "sys.stderr"}
    written_to = {path for path, name in names() if is_one_of(name, streams)}
    assert all(path.startswith("cli/") for path in written_to)
