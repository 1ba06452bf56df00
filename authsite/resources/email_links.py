"""Links that were sent by mail: each is a place below the page that it is for."""

from typing import Any, ClassVar

from pyramid.decorator import reify

from authsite.accounts.email_links import ActiveLink, Purpose, find_link
from authsite.clock import utc_now
from authsite.resources.base import Resource, Rows
from authsite.tokens import LinkToken


class Link(Resource):
    """The place of one token. Whether the link can be followed is known when it is asked for."""

    purpose: ClassVar[Purpose]

    def __init__(self, request: Any, *, token: LinkToken, name: str, parent: Resource) -> None:
        super().__init__(request, name=name, parent=parent)
        self.token = token

    @reify
    def record(self) -> ActiveLink | None:
        """What the link says, or None when it leads nowhere any more.

        It is read apart from the transaction of the request, which must not begin before a
        password is hashed.
        """
        with self.request.services.database.read_dbsession() as dbsession:
            return find_link(dbsession, self.token, purpose=self.purpose, now=utc_now())

    @property
    def belongs_to_current_user(self) -> bool:
        """Whether the link is there, and whoever asks is signed in to the account it is for."""
        link, identity = self.record, self.request.identity
        return bool(link and identity and identity.user_id == link.user_id)


class Links(Rows):
    """The parent of all links of one kind.

    Every token that could be one has a place, so that what was followed, has expired or never was
    looks the same.
    """

    rows: ClassVar[type[Link]]
    placeholder = "{token}"

    def child(self, name: str) -> Any:
        """Return the place of the link with this token."""
        token = LinkToken.parse(name)
        if token is None:
            return super().child(name)
        return self.rows(self.request, token=token, name=name, parent=self)


class VerifyEmailLink(Link):
    """`/verify-email/{token}`: proves that mail to the address reaches who opens it."""

    purpose = Purpose.VERIFY_EMAIL


class VerifyEmail(Links):
    """`/verify-email`: where the signed-in ask for another such link."""

    rows = VerifyEmailLink


class ResetPasswordLink(Link):
    """`/reset-password/{token}`: where a new password is chosen without the old one."""

    purpose = Purpose.RESET_PASSWORD


class ResetPassword(Links):
    """`/reset-password`: no page itself."""

    rows = ResetPasswordLink


class ChangeEmailLink(Link):
    """`/change-email/{token}`: proves the new address of an account."""

    purpose = Purpose.CHANGE_EMAIL


class ChangeEmail(Links):
    """`/change-email`: no page itself."""

    rows = ChangeEmailLink


class SecureAccountLink(Link):
    """`/secure-account/{token}`: takes back what a mail told of that its reader has not done."""

    purpose = Purpose.SECURE_ACCOUNT


class SecureAccount(Links):
    """`/secure-account`: no page itself."""

    rows = SecureAccountLink


class KeepAccountLink(Link):
    """`/reactivate-account/{token}`: where a sign-in to a closed account leads."""

    purpose = Purpose.KEEP_ACCOUNT


class KeepAccount(Links):
    """`/reactivate-account`: no page itself."""

    rows = KeepAccountLink


#: The names below the root.
LINKS: dict[str, type[Links]] = {
    "verify-email": VerifyEmail,
    "reset-password": ResetPassword,
    "change-email": ChangeEmail,
    "secure-account": SecureAccount,
    "reactivate-account": KeepAccount,
}
