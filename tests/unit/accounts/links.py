"""How a test finds email links and follows them."""

from authsite.accounts.email_links import ActiveLink, InvalidLink, Purpose, find_link
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.tokens import LinkToken


def is_active(work: UnitOfWork, token: LinkToken, purpose: Purpose) -> bool:
    """Whether the link can be used now."""
    return find_link(work.dbsession, token, purpose=purpose, now=work.now) is not None


def active_link(work: UnitOfWork, token: LinkToken, purpose: Purpose) -> ActiveLink:
    """Return the link as a view finds it, or raise `InvalidLink` as a view does."""
    link = find_link(work.dbsession, token, purpose=purpose, now=work.now)
    if link is None:
        raise InvalidLink
    return link


def token_in(text: str, page: str) -> LinkToken:
    """Return the token of the link to this page in the text of an email."""
    token = LinkToken.parse(text.split(f"https://site.example/{page}/")[1].split(maxsplit=1)[0])
    assert token
    return token
