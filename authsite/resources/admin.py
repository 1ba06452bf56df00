"""What is for those who run the site: a branch that nobody else sees into."""

from typing import Any, ClassVar

from pyramid.authorization import Allow
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound

from authsite.accounts.find_users import UserSummary, get_summary
from authsite.accounts.users import lock_user
from authsite.models import User
from authsite.resources.base import Private, Resource, Rows
from authsite.security.principals import ADMINISTRATOR
from authsite.tokens import is_id


class Admin(Private):
    """`/admin`: what is below is looked up for administrators alone.

    Whoever is none gets the same answer for what is there and for what is not.
    """

    __acl__: ClassVar = [(Allow, ADMINISTRATOR, "administer")]

    def __getitem__(self, name: str) -> Any:
        identity = self.request.identity
        if identity is None or not identity.is_administrator:
            raise HTTPForbidden
        return self.child(name)


class UserResource(Resource):
    """`/admin/users/{id}`: the account of anybody."""

    def __init__(self, parent: "Users", record: UserSummary) -> None:
        super().__init__(parent.request, name=record.id, parent=parent)
        self.record = record

    def lock(self) -> User:
        """Return the row, which nobody else changes meanwhile; not found if it has just gone."""
        user = lock_user(self.request.dbsession, self.record.id)
        if user is None:
            raise HTTPNotFound
        return user


class Users(Rows):
    """`/admin/users`: no page itself."""

    rows = UserResource

    def child(self, name: str) -> Any:
        """Return the place of the account with this id."""
        record = self._record_of(name) if is_id(name) else None
        return UserResource(self, record) if record else super().child(name)

    def _record_of(self, user_id: str) -> UserSummary | None:
        """Look apart from the transaction of a form, before which mails are counted."""
        with self.request.services.database.read_dbsession() as dbsession:
            return get_summary(dbsession, user_id)
