"""`authsite user create`: an account for somebody, with a password or a link to choose one."""

import argparse
import getpass
import sys

from pyramid.paster import setup_logging

from authsite.accounts.administrators import grant_admin_at_creation
from authsite.accounts.create_user import create_user
from authsite.accounts.forgot_password import RESET_PASSWORD, send_password_reset
from authsite.accounts.new_password import WeakPassword, validate_password
from authsite.accounts.users import EmailTaken
from authsite.commands.ini_file import with_request
from authsite.commands.not_done import NotDone
from authsite.commands.user.arguments import Actions, add_action, field_of
from authsite.commands.user.operation import Done, Operation, operation, tell
from authsite.email_addresses import EmailAddress, parse_email_address
from authsite.passwords.hasher import MAXIMUM_LENGTH
from authsite.web.forms import NewPasswordForm, SiteForm, ValidEmail, email_field, name_field
from authsite.web.request import Request

#: Bytes that a line with a password may have: four for a character, and its end.
_LONGEST_LINE = 4 * MAXIMUM_LENGTH + 2


class AccountForm(SiteForm):
    """What an account is made of, as at the sign-up."""

    first_name = name_field("First name", autocomplete="given-name")
    last_name = name_field("Last name", autocomplete="family-name")
    email = email_field(validators=[ValidEmail()])


def add_actions(actions: Actions) -> None:
    """Add the action, which takes a password from everywhere but its arguments."""
    action = add_action(actions, "create", "make an account", create)
    for name in ("email", "first_name", "last_name"):
        option = f"--{name.replace('_', '-')}"
        action.add_argument(option, type=field_of(AccountForm, name), required=True)
    action.add_argument("--admin", action="store_true", help="let them administer the site")
    action.add_argument(
        "--verified", action="store_true", help="take it as known that the address is theirs"
    )
    action.add_argument(
        "--password-stdin",
        action="store_true",
        help="read a password from the standard input, or ask on a terminal; else a mail with a "
        "link to choose one is sent",
    )


def create(asked: argparse.Namespace) -> int:
    """Make the account, and say who has it."""

    def make(request: Request) -> int:
        setup_logging(asked.ini)
        email = parse_email_address(asked.email)
        password_hash = _hash(request, asked, email) if asked.password_stdin else None
        try:
            with operation(request) as begun:
                done = _create(begun, asked, email, password_hash)
        except EmailTaken:
            raise NotDone(
                f"there is an account with the address {asked.email}, or its owner can still take "
                "it back; `authsite user grant-admin` makes somebody an administrator"
            ) from None
        tell(done, asked)
        return 0

    return with_request(asked, make)


def _create(
    begun: Operation, asked: argparse.Namespace, email: EmailAddress, password_hash: str | None
) -> Done:
    audit, now = begun.audit, begun.now
    user = create_user(
        begun.dbsession,
        first_name=asked.first_name,
        last_name=asked.last_name,
        email=email,
        password_hash=password_hash,
        email_verified_at=now if asked.verified else None,
        audit=audit,
        now=now,
    )
    if asked.admin:
        grant_admin_at_creation(begun.dbsession, user, audit=audit, now=now)
    if password_hash is None:
        send_password_reset(
            begun.dbsession,
            user,
            audit=audit,
            outbox=begun.outbox,
            reset_link_lifetime=begun.settings.passwords.reset_link_lifetime,
            now=now,
        )
    what = "an administrator" if asked.admin else "an account"
    mail = "" if password_hash else "; a mail with a link to choose a password is on its way"
    return Done(
        f"{user.email}: {what} with the id {user.id}{mail}",
        {
            "id": user.id,
            "email": user.email,
            "administrator": asked.admin,
            "verified": asked.verified,
            "mail": None if password_hash else RESET_PASSWORD,
        },
    )


def _hash(request: Request, asked: argparse.Namespace, email: EmailAddress) -> str:
    """Return the hash of the password that is typed, or piped; raise `NotDone` for a weak one."""
    password = _asked_for() if sys.stdin.isatty() else _piped()
    try:
        password = field_of(NewPasswordForm, "password")(password)
        validate_password(
            request.services.password_policy,
            password,
            first_name=asked.first_name,
            last_name=asked.last_name,
            email=email,
        )
    except (argparse.ArgumentTypeError, WeakPassword) as why:
        raise NotDone(f"the password is not taken: {str(why).rstrip('.')}") from None
    return request.services.hasher.hash(password)


def _asked_for() -> str:
    password = getpass.getpass("Password: ")
    if getpass.getpass("Password again: ") != password:
        raise NotDone("the two passwords are not the same")
    return password


def _piped() -> str:
    line = sys.stdin.buffer.readline(_LONGEST_LINE)
    try:
        return line.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise NotDone("the password is no text in UTF-8") from None
