"""Repeated forms: a form that was answered within the last minute gets the same answer again."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from pyramid.httpexceptions import HTTPBadRequest
from pyramid.registry import Registry
from pyramid.response import Response

from authsite.accounts.answered_forms import Answer, SentForm, find_answer, record_answer
from authsite.clock import utc_now
from authsite.security.csrf import TOKEN_LENGTH
from authsite.security.policy import policy_of
from authsite.tokens import SessionToken
from authsite.web.form_bodies import refusal_of
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
    in_progress = FormsInProgress()

    def tween(request: Request) -> Response:
        form = request.sent_form = _form_of(request)
        if form is None:
            return handler(request)
        in_progress.enter(form.digest)  # until the transaction has ended
        request.add_finished_callback(lambda _request: in_progress.leave(form.digest))
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
    """The view deriver that records what views with `repeatable=True` answer to accepted forms."""

    options = ("repeatable",)

    def __call__(self, view: View, info: Any) -> View:
        return _recorded(view) if info.options.get("repeatable") else view


def _recorded(view: View) -> View:
    def recorded(context: Any, request: Request) -> Response:
        response, form = view(context, request), request.sent_form
        if form is not None and response.status_int < HTTPStatus.BAD_REQUEST:
            answer = Answer(response.status_int, list(response.headerlist), response.body)
            session = request.services.session_cookie.value_in(response)
            record_answer(
                request.dbsession,
                form,
                answer,
                session=SessionToken.parse(session) if session else None,
                now=utc_now(),
            )
        return response

    return recorded


def _form_of(request: Request) -> SentForm | None:
    if request.method != "POST" or refusal_of(request):
        return None
    try:
        fields = list(request.POST.items())
    except HTTPBadRequest:  # for the view to answer
        return None
    token = request.POST.get("csrf_token")
    is_text = all(isinstance(value, str) for _, value in fields)
    if not is_text or token is None or len(token) != TOKEN_LENGTH:
        return None
    if not request.services.csrf.is_same_origin(request):
        return None
    parts = [request.path_qs, *(text for field in fields for text in field)]
    return SentForm.of(request.services.answered_forms_key, parts)


def _answer_to(request: Request, form: SentForm) -> Response | None:
    """Return the answer to the same form, unless it would replace another session of the browser.

    An answer that starts or ends a session is for a browser with that session, or with none.
    """
    services = request.services
    answer = find_answer(services.answered_forms, form, now=utc_now())
    if answer is None:
        return None
    response = Response(
        status=answer.status,
        headerlist=answer.headers,
        app_iter=[answer.body] if answer.body else [],
    )
    if services.session_cookie.value_in(response) is not None:
        identity = policy_of(request).identity(request)
        if identity is not None and identity.session_id != answer.session_id:
            return None
    return response
