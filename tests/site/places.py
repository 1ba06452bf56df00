"""Paths for the addresses of pages, also of those whose address has a token or an id in it."""

from datetime import timedelta

from sqlalchemy.orm import Session

from authsite.accounts.active_sessions import sessions_of
from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.users import user_of_email_key
from authsite.clock import utc_now
from authsite.services import Site

#: What is shaped like the token of a link, and never was one.
NOBODYS_TOKEN = "A" * 43
#: The same for an id.
NOBODYS_ID = "A" * 16


def path_of(site: Site, address: str, *, email: str = "ada@example.com") -> str:
    """Return where the page at this address is found.

    A link is one that can be followed, for whoever has the account with `email`; if nobody has, it
    leads nowhere. A session is one of theirs, and what is for administrators is about them.
    """
    if address.startswith("/admin/"):
        return address.replace("{id}", _user_of(site, email))
    if "{id}" in address:
        return address.replace("{id}", _session_of(site, email))
    if "{token}" not in address:
        return address
    purpose = Purpose(address.split("/")[1].replace("-", "_"))
    token: object = NOBODYS_TOKEN
    with Session(site.database.writing) as dbsession:
        user = user_of_email_key(dbsession, email)
        if user:
            words = {"email": user.email, "email_key": user.email_key, "now": utc_now()}
            token = issue_link(dbsession, user, purpose, lifetime=timedelta(hours=1), **words)
        dbsession.commit()
    return address.replace("{token}", str(token))


def _user_of(site: Site, email: str) -> str:
    with site.database.session_to_read() as dbsession:
        user = user_of_email_key(dbsession, email)
        return user.id if user else NOBODYS_ID


def _session_of(site: Site, email: str) -> str:
    with site.database.session_to_read() as dbsession:
        user = user_of_email_key(dbsession, email)
        sessions, _count = (
            sessions_of(dbsession, user.id, here="", now=utc_now()) if user else ([], 0)
        )
    return sessions[0].id if sessions else NOBODYS_ID
