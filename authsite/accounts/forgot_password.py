"""Request a link that resets a forgotten password."""

from authsite.accounts.email_limits import hit_email, may_email_unverified
from authsite.accounts.email_links import Purpose, issue_link, lifetime_of
from authsite.accounts.notices import greeting_name
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import get_user_by_email
from authsite.audit.event_types import EventType
from authsite.durations import humanize
from authsite.email_addresses import EmailAddress
from authsite.models import User
from authsite.tokens import LinkToken, new_id

#: The template; its name is also the key of the throttle.
RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a template


def request_password_reset(work: UnitOfWork, email: EmailAddress) -> None:
    """Send a reset link to the account's email address, or an email that there is no account.

    Raises `RateLimited`. The same is counted, done and stored for an unknown address. The link goes
    to the address as stored, not as spelled in the request. If the limit of emails to an unverified
    email address is reached, the account counts as unknown, and the email is withheld.
    """
    hit_email(work, RESET_PASSWORD, email.normalized, network=work.client.network)
    may_email = may_email_unverified(work, email.normalized)
    user = get_user_by_email(work.dbsession, email.normalized)
    is_withheld = not (may_email or (user and user.email_verified_at))
    if is_withheld:
        user = None
    owner = user or User(id=new_id(), email=email.original, email_normalized=email.normalized)
    token = _issue(work, owner)
    if user is None:
        work.outbox.put(
            "no_account",
            to=email.original,
            user_id=None,
            is_withheld=is_withheld,
            link=work.outbox.link_to("forgot-password"),
        )
    else:
        _send(work, user, token)


def send_password_reset(work: UnitOfWork, user: User) -> None:
    """Send a reset link on behalf of an administrator or operator, who never see it."""
    _send(work, user, _issue(work, user))


def _issue(work: UnitOfWork, user: User) -> LinkToken:
    work.audit.record(user.id, EventType.PASSWORD_RESET_REQUESTED)
    return issue_link(work, user, Purpose.RESET_PASSWORD)


def _send(work: UnitOfWork, user: User, token: LinkToken) -> None:
    work.outbox.put(
        RESET_PASSWORD,
        to=user.email,
        user_id=user.id,
        name=greeting_name(user),
        link=work.outbox.link_to("reset-password", str(token)),
        lifetime=humanize(lifetime_of(Purpose.RESET_PASSWORD, work.settings)),
    )
