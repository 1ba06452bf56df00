"""`authsite user add-note` and `notes`: what is known about an account, for those who help."""

import sys

import click

from authsite.accounts import notes as accounts
from authsite.audit.labels import full_actor_label
from authsite.cli.errors import CommandError
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.output import format_json_line, format_moment
from authsite.cli.user.accounts import account_argument, parse_lines
from authsite.cli.user.unit_of_work import Result, locked_account, print_result, viewed_account
from authsite.web.forms import NoteForm

#: Bytes of the longest note: four for each character.
_MAX_BYTES = 4 * accounts.MAX_NOTE


@click.command(
    epilog=example('user add-note production.ini ada@example.com "Called about a lost phone."')
)
@ini_argument
@account_argument
@click.argument("text")
@operator_option
@json_option
def add_note(ini: str, account: str, text: str, as_json: bool) -> None:
    """Add a note on an account.

    Administrators and operators can read it. TEXT has at most 2000 characters; - reads it from
    stdin. The user sees that a note was added, but not its text. Notes cannot be changed; they are
    deleted with the account.
    """
    note = parse_lines(NoteForm, "note")(_read() if text == "-" else text)
    with locked_account(ini, account) as (work, user):
        accounts.add_note(work, user, note)
        result = Result.of(user, "note added", note=note)
    print_result(result, as_json=as_json)


def _read() -> str:
    try:
        return sys.stdin.buffer.read(_MAX_BYTES + 1).decode("utf-8")
    except UnicodeDecodeError:
        raise CommandError("the note is not text in UTF-8") from None


@click.command(epilog=example("user notes production.ini ada@example.com"))
@ini_argument
@account_argument
@operator_option
@json_option
def notes(ini: str, account: str, as_json: bool) -> None:
    """Show the notes on an account.

    The newest comes first. With --json each note is one line.
    """
    with viewed_account(ini, account) as (work, user):
        found = accounts.find_notes(work.dbsession, user.id)
    if as_json:
        text = "".join(format_json_line(note_to_dict(each)) for each in found)
    else:
        text = "".join(map(note_to_text, found)) or "none\n"
    click.echo(text, nl=False)


def note_to_text(note: accounts.Note) -> str:
    added = f"{format_moment(note.created_at)} {full_actor_label(note.actor, note.author)}"
    return f"{added}\n{_indented(note.text)}\n"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.split("\n"))


def note_to_dict(note: accounts.Note) -> dict[str, object]:
    return {
        "id": note.id,
        "created_at": note.created_at,
        "actor": note.actor,
        "actor_id": note.actor_id,
        "author": note.author,
        "text": note.text,
    }
