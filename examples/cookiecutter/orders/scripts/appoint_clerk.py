"""Make a user a clerk: `python -m orders.scripts.appoint_clerk orders.ini ada@example.com`."""

import sys

import sqlalchemy as sa
from pyramid.paster import bootstrap

from authsite.models import User
from orders.models import Clerk


def main(ini, email):
    with bootstrap(ini) as env, env["request"].tm:
        dbsession = env["request"].dbsession
        user_id = dbsession.scalars(sa.select(User.id).where(User.email == email)).one()
        dbsession.add(Clerk(user_id=user_id))


if __name__ == "__main__":
    main(*sys.argv[1:])
