"""The root of the tree, which grants the permissions of the site."""

from typing import ClassVar

from pyramid.authorization import Allow, Authenticated, Everyone

from authsite.resources.base import Resource
from authsite.security.principals import ANONYMOUS


class Root(Resource):
    """`/`: `public` for everyone, `anonymous` and `authenticated` by whether a user is signed in.

    Other resources add permissions and deny none: the nearest entry wins, so one that denied all
    would revoke those of the site.
    """

    __acl__: ClassVar = [
        (Allow, Everyone, "public"),
        (Allow, ANONYMOUS, "anonymous"),
        (Allow, Authenticated, "authenticated"),
    ]
