"""The root of the tree of addresses, which alone grants the permissions of the site."""

from typing import ClassVar

from pyramid.authorization import Allow, Authenticated, Everyone

from authsite.resources.base import Resource
from authsite.security.principals import ANONYMOUS


class Root(Resource):
    """`/`: public to everyone, anonymous to strangers, authenticated to the signed-in.

    What other resources grant, they add. None of them denies: the nearest entry wins, and a
    denial of everything would take back what is granted here.
    """

    __acl__: ClassVar = [
        (Allow, Everyone, "public"),
        (Allow, ANONYMOUS, "anonymous"),
        (Allow, Authenticated, "authenticated"),
    ]
