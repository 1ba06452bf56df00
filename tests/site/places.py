"""Paths for the addresses of pages, also of those whose address has a token or an id in it."""

from sqlalchemy.orm import Session

from authsite.accounts.active_sessions import find_sessions
from authsite.accounts.email_links import Purpose, issue_link, issue_secure_account_link
from authsite.accounts.users import get_user_by_email
from authsite.clock import utc_now
from authsite.services import Services
from tests.factories import a_unit_of_work

#: What is shaped like the token of a link, and never was one.
NOBODYS_TOKEN = "A" * 43
#: The same for an id.
NOBODYS_ID = "A" * 16


def path_of(services: Services, address: str, *, email: str = "ada@example.com") -> str:
    """Return where the page at this address is found.

    A link is one that can be followed, for whoever has the account with `email`; if nobody has, it
    leads nowhere. A session is one of theirs, and what is for administrators is about them.
    """
    if address.startswith("/admin/"):
        return address.replace("{id}", _user_of(services, email))
    if "{id}" in address:
        return address.replace("{id}", _session_of(services, email))
    if "{token}" not in address:
        return address
    purpose = Purpose(address.split("/")[1].replace("-", "_"))
    token: object = NOBODYS_TOKEN
    with Session(services.database.write_engine) as dbsession:
        user = get_user_by_email(dbsession, email)
        if user:
            work = a_unit_of_work(services, dbsession, now=utc_now())
            if purpose is Purpose.SECURE_ACCOUNT:
                token = issue_secure_account_link(work, user)
            else:
                token = issue_link(work, user, purpose)
        dbsession.commit()
    return address.replace("{token}", str(token))


def _user_of(services: Services, email: str) -> str:
    with services.database.read_dbsession() as dbsession:
        user = get_user_by_email(dbsession, email)
        return user.id if user else NOBODYS_ID


def _session_of(services: Services, email: str) -> str:
    with services.database.read_dbsession() as dbsession:
        user = get_user_by_email(dbsession, email)
        sessions, _count = (
            find_sessions(dbsession, user.id, current=None, now=utc_now()) if user else ([], 0)
        )
    return sessions[0].id if sessions else NOBODYS_ID
