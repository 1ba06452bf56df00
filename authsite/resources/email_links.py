"""Email links in the tree: `/<purpose>/<token>`."""

from functools import partial
from typing import Any

from pyramid.decorator import reify

from authsite.accounts.email_links import ActiveLink, Purpose, find_link
from authsite.clock import utc_now
from authsite.resources.base import Resource, Rows
from authsite.security.sessions import current_identity
from authsite.tokens import LinkToken


class EmailLinkResource(Resource):
    """A token of a purpose. Used, expired and unknown tokens have a resource as well, all alike.

    So do damaged ones, whose `token` is None: users copy links incompletely, and programs add
    characters.
    """

    def __init__(self, request: Any, *, name: str, parent: Resource, purpose: Purpose) -> None:
        super().__init__(request, name=name, parent=parent)
        self.purpose = purpose
        self.token = LinkToken.parse(name)

    @property
    def token_without_end(self) -> LinkToken | None:
        """The token, if the name is one with punctuation after it."""
        return LinkToken.parse_beginning(self.__name__)

    @reify
    def record(self) -> ActiveLink | None:
        """The link if it can be used, or None.

        It is read apart from the transaction of the request, which must not begin before a password
        is hashed.
        """
        if self.token is None:
            return None
        with self.request.authsite.services.database.reading_dbsession() as dbsession:
            return find_link(dbsession, self.token, purpose=self.purpose, now=utc_now())

    @property
    def belongs_to_current_user(self) -> bool:
        """Whether the link can be used and is for the account of the signed-in user."""
        link, identity = self.record, current_identity(self.request)
        return bool(link and identity and identity.user_id == link.user_id)


class EmailLinks(Rows):
    """The parent of all links of a purpose.

    The rest of the path is one name, so that a link that gained a slash is a damaged link as well.
    """

    has_slashes_in_names = True
    rows = EmailLinkResource
    placeholder = "{token}"

    def __init__(self, request: Any, *, name: str, parent: Resource, purpose: Purpose) -> None:
        super().__init__(request, name=name, parent=parent)
        self.purpose = purpose

    def child(self, name: str) -> Any:
        """Return the resource of the link with this token, damaged or not."""
        return self.rows(self.request, name=name, parent=self, purpose=self.purpose)


class PurposePredicate:
    """The view predicate `purpose=`: the view is for links of this purpose."""

    def __init__(self, purpose: Purpose, _info: Any) -> None:
        self._purpose = purpose

    def text(self) -> str:
        """Return what Pyramid shows of the predicate; its hash as well."""
        return f"purpose = {self._purpose.value}"

    phash = text

    def __call__(self, context: Any, _request: Any) -> bool:
        return getattr(context, "purpose", None) is self._purpose


def links_of(purpose: Purpose) -> Any:
    """Return the factory of the parent of all links of a purpose, for `add_child`."""
    return partial(EmailLinks, purpose=purpose)
