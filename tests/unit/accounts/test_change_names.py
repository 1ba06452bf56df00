"""Changing the names of a user."""

import sqlalchemy as sa

from authsite.accounts.change_names import change_names
from authsite.models import User
from tests.factories import a_user, some_noise


def test_change_names_renames_this_user_only(dbsession):
    some_noise(dbsession)
    user = a_user(dbsession, first_name="Augusta", last_name="Byron")
    change_names(user, first_name="Ada", last_name="Lovelace")
    dbsession.commit()
    names = dbsession.execute(sa.select(User.first_name, User.last_name)).all()
    assert sorted(map(tuple, names)) == [("Ada", "Lovelace")] + [("Grace", "Hopper")] * 3
