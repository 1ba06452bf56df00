"""The branch of administrators, below `/admin`."""

from typing import Any, ClassVar

from pyramid.authorization import Allow
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound

from authsite.accounts.find_users import UserSummary, get_summary
from authsite.accounts.users import lock_user
from authsite.models import User
from authsite.resources.base import Private, Resource, Rows
from authsite.security.principals import ADMINISTRATOR
from authsite.tokens import is_id
from authsite.web.request import Request


class Admin(Private):
    """`/admin`: a branch that only administrators can look into.

    Other users get the same answer for children that exist and that do not.
    """

    __acl__: ClassVar = [(Allow, ADMINISTRATOR, "administer")]

    def __getitem__(self, name: str) -> Any:
        identity = self.request.authsite.identity
        if identity is None or not identity.is_administrator:
            raise HTTPForbidden
        return self.child(name)


class UserResource(Resource):
    """`/admin/users/{id}`: any account. Looking at one of its pages is an event."""

    is_viewed_account: ClassVar = True

    def __init__(self, parent: "Users", record: UserSummary) -> None:
        super().__init__(parent.request, name=record.id, parent=parent)
        self.record = record
        self.viewed_user_id = record.id

    def lock(self) -> User:
        """Return the row, locked until the transaction ends; `HTTPNotFound` if it was deleted."""
        user = lock_user(self.request.authsite.dbsession, self.record.id)
        if user is None:
            raise HTTPNotFound
        return user


class PartsOfUser(Rows):
    """A parent of rows of any account, which the flow looks up."""

    is_viewed_account: ClassVar = True

    def __init__(self, request: Request, *, name: str, parent: UserResource) -> None:
        super().__init__(request, name=name, parent=parent)
        self.user = parent
        self.viewed_user_id = parent.viewed_user_id

    def child(self, name: str) -> Any:
        """Return the resource with this id; another form may have ended what it stands for."""
        return (
            self.rows(self.request, name=name, parent=self) if is_id(name) else super().child(name)
        )


class PartOfUser(Resource):
    """A row of any account, by its id alone."""

    is_viewed_account: ClassVar = True

    def __init__(self, request: Request, *, name: str, parent: PartsOfUser) -> None:
        super().__init__(request, name=name, parent=parent)
        self.user = parent.user
        self.viewed_user_id = parent.viewed_user_id


class SessionOfUser(PartOfUser):
    """`/admin/users/{id}/sessions/{id}`: a session, which may have ended."""


class SessionsOfUser(PartsOfUser):
    """`/admin/users/{id}/sessions`: no page of its own."""

    rows = SessionOfUser


class EmailOfUser(PartOfUser):
    """`/admin/users/{id}/emails/{id}`: an email, which may have been delivered."""


class EmailsOfUser(PartsOfUser):
    """`/admin/users/{id}/emails`: the emails of an account."""

    rows = EmailOfUser


class Users(Rows):
    """`/admin/users`: no page of its own."""

    rows = UserResource

    def child(self, name: str) -> Any:
        """Return the resource of the account with this id."""
        record = self._find_record(name) if is_id(name) else None
        return UserResource(self, record) if record else super().child(name)

    def _find_record(self, user_id: str) -> UserSummary | None:
        # Not in the transaction of the form: throttles count an email before it begins.
        with self.request.authsite.services.database.reading_dbsession() as dbsession:
            return get_summary(dbsession, user_id)
