"""The page where users create tokens, the API, and the answers to callers without a right."""

import secrets

import sqlalchemy as sa
from pyramid.httpexceptions import HTTPUnauthorized
from pyramid.view import forbidden_view_config, view_config, view_defaults

import authsite
from notes.models import Note, Token
from notes.security import digest_of


@view_defaults(
    route_name="tokens", permission="create tokens", renderer="notes:templates/tokens.jinja2"
)
class Tokens:
    def __init__(self, request):
        self.request = request

    @view_config(request_method="GET")
    def show(self):
        return {"token": None}

    @view_config(request_method="POST")
    def create(self):
        token = secrets.token_urlsafe(32)
        row = Token(digest=digest_of(token), user_id=self.request.identity.user_id)
        self.request.dbsession.add(row)
        return {"token": token}


# No CSRF token: a browser does not send the header of a token by itself.
@view_defaults(route_name="notes", permission="use notes", renderer="json", require_csrf=False)
class Notes:
    def __init__(self, request):
        self.request = request

    @view_config(request_method="GET")
    def show(self):
        mine = sa.select(Note.text).where(Note.user_id == self.request.identity.user_id)
        return {"notes": self.request.dbsession.scalars(mine.order_by(Note.id)).all()}

    @view_config(request_method="POST")
    def add(self):
        note = Note(text=self.request.body.decode(), user_id=self.request.identity.user_id)
        self.request.dbsession.add(note)
        return {}


@forbidden_view_config()
def send_to_sign_in(context, request):
    return authsite.send_to_sign_in(context, request)


@forbidden_view_config(path_info="/api/")
def ask_for_token(_context, _request):
    return HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})
