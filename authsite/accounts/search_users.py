"""Search accounts as administrators and operators do."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from authsite.accounts.find_users import Found, FoundPage, State, find_exact, list_users
from authsite.accounts.search_network import parse_searched_network, search_network
from authsite.accounts.search_text import search_text

#: Accounts per query when all are listed.
BATCH = 500


def search_users(
    dbsession: Session,
    text: str,
    *,
    state: State | None = None,
    after: str | None = None,
    limit: int,
) -> FoundPage:
    """Return at most `limit` accounts.

    The text is an id or an email address, which finds this account only; an IP address or a
    network, as `search_network` has it; or parts of names and email addresses, as `search_text` has
    it. Without text this lists all, in the order of their email addresses. Raises
    `UnsupportedNetwork` and `NoSuchPage`.
    """
    exact = find_exact(dbsession, text)
    if exact:
        is_wanted = after is None and (state is None or state in exact.states)
        return FoundPage([Found(exact)] if is_wanted else [], None)
    network = parse_searched_network(text)
    if network:
        return search_network(dbsession, network, state=state, after=after, limit=limit)
    if text:
        return search_text(dbsession, text, state=state, after=after, limit=limit)
    users = list_users(dbsession, state=state, after=after, limit=limit + 1)
    more = users[limit - 1].id if len(users) > limit else None
    return FoundPage([Found(user) for user in users[:limit]], more)


def iter_users(
    dbsession: Session, text: str, *, state: State | None = None
) -> Iterator[list[Found]]:
    """Yield all that `search_users` finds, in batches, so that memory stays small."""
    after, is_over = None, False
    while not is_over:
        found, after = search_users(dbsession, text, state=state, after=after, limit=BATCH)
        yield found
        is_over = after is None
