"""Changing the name that the site calls a person by."""

import sqlalchemy as sa

from authsite.accounts.change_names import change_names
from authsite.models import User
from tests.factories import a_user, some_noise


def test_one_person_has_another_name_and_nobody_else_has(dbsession):
    some_noise(dbsession)
    user = a_user(dbsession, first_name="Augusta", last_name="Byron")
    change_names(user, first_name="Ada", last_name="Lovelace")
    dbsession.commit()
    names = dbsession.execute(sa.select(User.first_name, User.last_name)).all()
    assert sorted(map(tuple, names)) == [("Ada", "Lovelace")] + [("Grace", "Hopper")] * 3
