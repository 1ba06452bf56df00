"""Repeated forms: a form that was answered within the last minute gets the same answer again."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from pyramid.registry import Registry
from pyramid.response import Response

from authsite.accounts.answered_forms import Answer, SentForm, find_answer, record_answer
from authsite.accounts.end_sessions import is_session_alive
from authsite.clock import utc_now
from authsite.security.csrf import TOKEN_LENGTH
from authsite.tokens import SessionToken
from authsite.web.form_bodies import form_of
from authsite.web.forms_in_progress import FormsInProgress
from authsite.web.request import Request

Handler = Callable[[Request], Response]
View = Callable[[Any, Request], Response]


def repeated_forms_tween_factory(handler: Handler, _registry: Registry) -> Handler:
    """Return the tween that recognizes a form when it is sent again.

    It does so before the checks of permission and token, since the first answer may have signed the
    browser in or out, and again when a form is refused, since the first one may have been accepted
    meanwhile. Only a form with the same token, URL and fields is recognized, from a page of this
    site.
    """

    def tween(request: Request) -> Response:
        if not request.authsite.is_own:
            return handler(request)
        form = request.authsite.sent_form = _form_of(request)
        if form is None:
            return handler(request)
        answer = _answer_to(request, form)
        if answer is not None:
            return answer
        try:
            response = handler(request)
        except Exception:
            answer = _answer_to(request, form)
            if answer is None:
                raise
            request.tm.doom()
            return answer
        return (
            response
            if response.status_int < HTTPStatus.BAD_REQUEST
            else _answer_to(request, form) or response
        )

    return tween


class RecordAnswer:
    """The view deriver that records what views with `repeatable=True` answer to accepted forms.

    Of two equal forms at once, the second waits here, after the checks of permission and token.
    """

    options = ("repeatable",)

    def __init__(self) -> None:
        self._in_progress = FormsInProgress()

    def __call__(self, view: View, info: Any) -> View:
        return _recorded(view, self._in_progress) if info.options.get("repeatable") else view


def _recorded(view: View, in_progress: FormsInProgress) -> View:
    def recorded(context: Any, request: Request) -> Response:
        form = request.authsite.sent_form
        if form is None:
            return view(context, request)
        has_waited = in_progress.enter(form.digest)  # until the transaction has ended
        request.add_finished_callback(lambda _request: in_progress.leave(form.digest))
        answer = _answer_to(request, form) if has_waited else None
        if answer is not None:
            return answer
        response = view(context, request)
        if response.status_int < HTTPStatus.BAD_REQUEST:
            _record(request, form, response)
        return response

    return recorded


def _record(request: Request, form: SentForm, response: Response) -> None:
    cookie = request.authsite.services.session_cookie.value_in(response)
    given = SessionToken.parse(cookie) if cookie else None
    session_id = given.id if given else None
    if cookie is None and request.authsite.identity:  # an answer for this user only
        session_id = request.authsite.identity.session_id
        if not is_session_alive(request.authsite.dbsession, session_id, now=utc_now()):
            session_id = None  # the form has ended it
    record_answer(
        request.authsite.dbsession,
        form,
        Answer(response.status_int, list(response.headerlist), response.body, session_id),
        secret_digest=given.digest if given else None,
        now=utc_now(),
    )


def _form_of(request: Request) -> SentForm | None:
    form = form_of(request)
    token = form.get("csrf_token") if form else None
    if form is None or token is None or len(token) != TOKEN_LENGTH:
        return None
    parts = [request.path_qs, *(text for field in form.items() for text in field)]
    return SentForm.of(request.authsite.services.answered_forms_key, parts)


def _answer_to(request: Request, form: SentForm) -> Response | None:
    """Return the answer to the same form, if it is for this browser."""
    services = request.authsite.services
    answer = find_answer(services.answered_forms, form, now=utc_now())
    if answer is None:
        return None
    response = Response(
        status=answer.status,
        headerlist=answer.headers,
        app_iter=[answer.body] if answer.body else [],
    )
    cookie = services.session_cookie.value_in(response)
    return response if _is_for(request, answer, cookie=cookie) else None


def _is_for(request: Request, answer: Answer, *, cookie: str | None) -> bool:
    """Whether a browser may get an answer that sets this session cookie.

    A visitor gets a session only by the token of a page that this browser has requested: the form
    alone could be a copy. No answer starts or ends a session in place of another one.
    """
    identity = request.authsite.services.sessions.identity(request)  # it may have changed meanwhile
    session_id = identity.session_id if identity else None
    if session_id == answer.session_id:
        return True
    if cookie is None:
        return answer.session_id is None
    token = request.POST["csrf_token"]
    return (
        bool(cookie)
        and identity is None
        and request.authsite.services.csrf.is_token_of(request, token)
    )
