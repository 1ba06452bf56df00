"""`authsite user create`: an account with a password, or with an emailed link to choose one."""

import sys
from typing import NamedTuple

import click
from pyramid.paster import setup_logging

from authsite.accounts.administrators import grant_admin_at_creation
from authsite.accounts.create_user import create_user
from authsite.accounts.forgot_password import RESET_PASSWORD, send_password_reset
from authsite.accounts.new_password import WeakPassword, refuse_weak_password, words_of
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import EmailTaken
from authsite.cli.errors import CommandError
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.site import open_site
from authsite.cli.user.accounts import parse_field
from authsite.cli.user.unit_of_work import Result, print_result, unit_of_work
from authsite.email_addresses import EmailAddress, parse_email_address
from authsite.models import User
from authsite.passwords.hasher import MAXIMUM_LENGTH
from authsite.web.forms import NewPasswordForm, SiteForm, email_field, name_field
from authsite.web.validators import ValidEmail

#: Bytes of the longest line with a password: four for each character, and its end.
_MAX_LINE = 4 * MAXIMUM_LENGTH + 2


class AccountForm(SiteForm):
    first_name = name_field("First name", autocomplete="given-name")
    last_name = name_field("Last name", autocomplete="family-name")
    email = email_field(validators=[ValidEmail()])


class _Person(NamedTuple):
    first_name: str
    last_name: str
    email: EmailAddress


@click.command(
    epilog=example(
        "user create production.ini --email ada@example.com --first-name Ada --last-name Lovelace"
    )
)
@ini_argument
@click.option("--email", type=parse_field(AccountForm, "email"), metavar="EMAIL", required=True)
@click.option(
    "--first-name", type=parse_field(AccountForm, "first_name"), metavar="NAME", required=True
)
@click.option(
    "--last-name", type=parse_field(AccountForm, "last_name"), metavar="NAME", required=True
)
@click.option("--admin", is_flag=True, help="Make the user an administrator.")
@click.option("--verified", is_flag=True, help="Treat the email address as verified.")
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from stdin, or prompt for it on a terminal.",
)
@operator_option
@json_option
def create(
    *,
    ini: str,
    email: str,
    first_name: str,
    last_name: str,
    admin: bool,
    verified: bool,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Create an account.

    Without --password-stdin the user gets an email with a link to choose a password.
    """
    person = _Person(first_name, last_name, parse_email_address(email))
    with open_site(ini) as request:
        setup_logging(ini)
        try:
            with unit_of_work(request) as work:
                password_hash = _hash_password(work, person) if password_stdin else None
                user = create_user(
                    work,
                    first_name=person.first_name,
                    last_name=person.last_name,
                    email=person.email,
                    password_hash=password_hash,
                )
                user.email_verified_at = work.now if verified else None
                if admin:
                    grant_admin_at_creation(work, user)
                if password_hash is None:
                    send_password_reset(work, user)
                result = _result(user, verified=verified)
        except EmailTaken:
            raise CommandError(
                f"an account has the email address {email}, or its user can still restore it; to "
                "make its user an administrator, run `authsite user grant-admin`"
            ) from None
    print_result(result, as_json=as_json)


def _result(user: User, *, verified: bool) -> Result:
    what = "administrator" if user.is_administrator else "account"
    email = "" if user.password_hash else "; an email with a link to choose a password is queued"
    return Result.of(
        user,
        f"{what} created with the ID {user.id}{email}",
        administrator=user.is_administrator,
        verified=verified,
        email_queued=None if user.password_hash else RESET_PASSWORD,
    )


def _hash_password(work: UnitOfWork, person: _Person) -> str:
    """Return the hash of the password; raise `CommandError` for one that sign-up refuses."""
    password = _prompt() if sys.stdin.isatty() else _read_line()
    try:
        password = parse_field(NewPasswordForm, "password")(password)
        refuse_weak_password(
            work.password_policy,
            password,
            words_of(person.first_name, person.last_name, person.email),
        )
    except (click.BadParameter, WeakPassword) as error:
        raise CommandError(f"the password is refused: {str(error).rstrip('.')}") from None
    return work.hasher.hash(password)


def _prompt() -> str:
    password: str = click.prompt(
        "Password", hide_input=True, confirmation_prompt="Password again", err=True
    )
    return password


def _read_line() -> str:
    line = sys.stdin.buffer.readline(_MAX_LINE)
    try:
        return line.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise CommandError("the password is not text in UTF-8") from None
