"""Paths of pages, also of those whose URL contains a token or an id."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.active_sessions import find_sessions
from authsite.accounts.email_links import Purpose, issue_link, issue_secure_account_link
from authsite.accounts.users import get_user_by_email
from authsite.clock import utc_now
from authsite.models import OutboxMessage
from authsite.services import Services
from tests.factories import a_unit_of_work

#: A token of the right form that no link has.
UNKNOWN_TOKEN = "A" * 43
#: The paths of email links that have lost their token.
WITHOUT_TOKEN = {"/change-email", "/reset-password", "/secure-account", "/verify-new-email"}
#: An id of the right form that no row has.
UNKNOWN_ID = "A" * 16


def path_of(services: Services, url: str, *, email: str = "ada@example.com") -> str:
    """Return the path of the page with this URL.

    A token is that of a new link for the account with `email`, and an unknown one without such an
    account. Ids are those of this account, and of one of its sessions or emails.
    """
    if url.startswith("/admin/"):
        url = url.replace("{id}", _user_of(services, email), 1)
        part = _email_to if "/emails/" in url else _session_of
        return url.replace("{id}", part(services, email))
    if "{id}" in url:
        return url.replace("{id}", _session_of(services, email))
    if "{token}" not in url:
        return url.replace("{file}", "site.css")
    purpose = Purpose(url.split("/")[1].replace("-", "_"))
    token: object = UNKNOWN_TOKEN
    with Session(services.database.write_engine) as dbsession:
        user = get_user_by_email(dbsession, email)
        if user:
            work = a_unit_of_work(services, dbsession, now=utc_now())
            if purpose is Purpose.SECURE_ACCOUNT:
                token = issue_secure_account_link(work, user)
            else:
                token = issue_link(work, user, purpose)
        dbsession.commit()
    return url.replace("{token}", str(token))


def _user_of(services: Services, email: str) -> str:
    with services.database.read_dbsession() as dbsession:
        user = get_user_by_email(dbsession, email)
        return user.id if user else UNKNOWN_ID


def _email_to(services: Services, email: str) -> str:
    to = sa.select(sa.func.min(OutboxMessage.id)).where(OutboxMessage.recipient == email)
    with services.database.read_dbsession() as dbsession:
        return dbsession.scalar(to) or UNKNOWN_ID


def _session_of(services: Services, email: str) -> str:
    with services.database.read_dbsession() as dbsession:
        user = get_user_by_email(dbsession, email)
        sessions, _count = (
            find_sessions(dbsession, user.id, current=None, now=utc_now()) if user else ([], 0)
        )
    return sessions[0].id if sessions else UNKNOWN_ID
