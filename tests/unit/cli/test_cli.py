"""The command as a whole: help, examples, completion, and how it ends."""

import os
import shlex
import subprocess
import sys
from importlib.metadata import version

import click
import pytest
from click.shell_completion import BashComplete
from sqlalchemy.exc import IntegrityError

from authsite.cli import main
from authsite.cli.site import open_site
from tests.shell import refusal, run, write_ini

ROOT = click.Context(main, info_name="authsite")


def commands(group=main, path=()):
    """Return all commands by their words, `("user", "show")`, with their lines in the help."""
    found = {}
    for name, line in group.commands.items():
        _, command, _ = group.resolve_command(ROOT, [name])
        found[*path, name] = (command, line.get_short_help_str(100))
        if isinstance(command, click.Group):
            found |= commands(command, (*path, name))
    return found


COMMANDS = commands()


def example_of(help_text):
    """Return the words of the example that ends a help text."""
    return shlex.split(help_text.split("Example:\n")[1].splitlines()[0])


def test_version_is_that_of_the_package():
    assert run("--version").stdout == f"authsite {version('authsite')}\n"


def test_help_lists_each_command():
    printed = run("--help").stdout
    for path, (_, line) in COMMANDS.items():
        if len(path) == 1:
            assert any(each.split() == [*path, *line.split()] for each in printed.splitlines())


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_begins_with_its_summary_and_has_an_example(path):
    command, line = COMMANDS[path]
    if "build" not in path:  # whose line is shorter
        assert command.help.partition("\n")[0] == line
    printed = run(*path, "--help").stdout
    assert printed.startswith(f"Usage: authsite {' '.join(path)} [OPTIONS]")
    words = example_of(printed)
    assert words[: len(path) + 1] == ["authsite", *path]


@pytest.mark.parametrize("path", [*COMMANDS, ()], ids=" ".join)
def test_example_is_a_command_that_can_be_parsed(path):
    context, words = ROOT, example_of(run(*path, "--help").stdout)[1:]
    while isinstance(context.command, click.Group):
        name, command, words = context.command.resolve_command(context, words)
        context = command.make_context(name, words, parent=context)


@pytest.mark.parametrize(
    ("words", "incomplete", "completed"),
    [
        ([], "do", {"doctor"}),
        (["user"], "s", {"send-reset", "send-verification", "show", "suspend"}),
        (["user", "suspend"], "--r", {"--reason"}),
        (["import", "site.ini"], "d", {"django", "devise"}),
        (["nothing"], "x", set()),
    ],
)
def test_completion_knows_commands_options_and_choices(words, incomplete, completed):
    completion = BashComplete(main, {}, "authsite", "_AUTHSITE_COMPLETE")
    assert {each.value for each in completion.get_completions(words, incomplete)} == completed


def test_help_and_completion_import_no_framework():
    """They have to be there at once."""
    program = (
        "import sys; from authsite.cli import main\n"
        "try: main(prog_name='authsite')\n"
        "finally: print(sorted({'pyramid', 'sqlalchemy', 'wtforms'} & sys.modules.keys()))"
    )
    complete = {
        "_AUTHSITE_COMPLETE": "bash_complete",
        "COMP_WORDS": "authsite ",
        "COMP_CWORD": "1",
    }
    for arguments, environ in ((["--help"], {}), ([], complete)):
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env=os.environ | environ,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "doctor" in done.stdout
        assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing", "x.ini"],
        ["purge"],
        ["urls", "a.ini", "b.ini"],
        ["deliver", "x.ini", "--json"],
        ["breached", "dance"],
        ["breached", "build"],
        ["breached", "build", "folder"],
        ["breached", "build", "folder", "filter", "--at-least", "0"],
        ["breached", "build", "folder", "filter", "--at-least", "many"],
        ["breached", "build", "folder", "filter", "--at-least", "9" * 13],
        ["breached", "build", "folder", "filter", "site.ini"],
        ["calibrate", "--target", "250"],
        ["calibrate", "--target", "0ms"],
        ["calibrate", "--target", "1h"],
        ["calibrate", "--memory", "64MB"],
        ["calibrate", "--memory", "0MiB"],
        ["calibrate", "site.ini"],
        ["doctor"],
        ["doctor", "--timeout", "0", "x.ini"],
        ["doctor", "--timeout", "soon", "x.ini"],
        ["import"],
        ["import", "x.ini", "csv"],
        ["import", "x.ini", "wordpress", "x"],
        ["import", "x.ini", "csv", "x", "--map", "email"],
        ["import", "x.ini", "csv", "x", "--map", "phone=tel"],
        ["import", "x.ini", "csv", "x", "--name", "A b"],
        ["import", "x.ini", "csv", "x", "--name", "a" * 20],
        ["user", "dance"],
        ["user", "list", "x.ini", "a\x00b"],
        ["user", "list", "x.ini", "--state", "happy"],
        ["user", "suspend", "x.ini", "ada@example.com"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_explained(arguments):
    printed = refusal(*arguments, status=2)
    assert printed.startswith("Usage: authsite")
    assert "\nError: " in printed


@pytest.mark.parametrize("arguments", [[], ["user"], ["breached"]])
def test_group_alone_shows_its_help(arguments):
    assert "Commands:" in refusal(*arguments, status=2)


@pytest.mark.parametrize("command", ["urls", "purge", "deliver", "outbox", "migrate"])
@pytest.mark.parametrize("content", [None, "no ini file at all", "[app:other]\nuse = egg:nothing"])
def test_unreadable_ini_file_is_named(tmp_path, command, content):
    file = tmp_path / "site.ini"
    if content is not None:
        file.write_text(content)
    printed = refusal(command, str(file))
    assert printed.startswith(f"authsite: {file} ")
    assert len(printed.splitlines()) < 5


@pytest.mark.parametrize("command", ["urls", "migrate"])
def test_single_percent_sign_is_named_without_its_value(tmp_path, command):
    file = tmp_path / "site.ini"
    file.write_text("[app:main]\nuse = egg:authsite\nauthsite.secret = se%cret\n")
    printed = refusal(command, str(file))
    assert "write %% for each % of authsite.secret" in printed
    assert "se%cret" not in printed


def test_ini_file_in_another_encoding_is_named(tmp_path):
    file = tmp_path / "site.ini"
    file.write_bytes(b"[app:main]\nuse = egg:authsite\n# caf\xe9\n")
    assert "cannot be read" in refusal("urls", str(file))


def test_missing_ini_file_of_an_ini_file_is_named(tmp_path):
    file = tmp_path / "site.ini"
    file.write_text("[app:main]\nuse = config:missing.ini\n")
    printed = refusal("urls", str(file))
    assert printed.startswith(f"authsite: {file} cannot be read: ")
    assert "missing.ini" in printed


def test_file_that_is_no_database_is_named(tmp_path, settings_of_tests):
    (tmp_path / "text.sqlite").write_text("no database at all" * 100)
    url = {"sqlalchemy.url": f"sqlite:///{tmp_path}/text.sqlite"}
    printed = refusal("outbox", write_ini(tmp_path / "site.ini", settings_of_tests | url))
    assert "the database cannot be used: file is not a database" in printed


def test_broken_constraints_are_no_refusal(ini):
    """They are defects of a command, whose traceback is needed."""
    error = IntegrityError("INSERT", None, Exception())
    with pytest.raises(IntegrityError), open_site(ini):
        raise error


def test_missing_application_is_named(tmp_path):
    file = tmp_path / "site.ini"
    file.write_text("[app:main]\nuse = egg:nothing\n")
    assert "names a module that cannot be imported" in refusal("urls", str(file))
