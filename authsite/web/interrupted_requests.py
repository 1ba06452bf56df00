"""Interrupted requests, which resume after re-authentication or a sign-in."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import urlencode

from pyramid.response import Response
from webob.multidict import NoVars

from authsite.http.redirects import redirect, redirect_repeat_post, safe_path
from authsite.web.request import Request
from authsite.web.validation import MAX_FIELDS

Fields = tuple[tuple[str, str], ...]
#: The field of the sign-in page that keeps the form of an interrupted request.
KEPT = "kept_form"
#: Characters of that field; email, password and `next` fit into the same body.
MAX_KEPT = 40_000


@dataclass(frozen=True, slots=True)
class InterruptedRequest:
    """The path of a request and, if it sent a form, the fields of that form.

    The *Confirm your password* page stores it: the path is in the query of its URL, which no form
    field can replace, and the fields are hidden inputs. The sign-in page stores it in one field.
    `fields` is None without a form, and may be empty with one.
    """

    url: str | None
    fields: Fields | None = None

    @classmethod
    def capture(cls, request: Request) -> Self:
        """Return this request, as far as a page can repeat it."""
        url = safe_path(request.path_qs)
        is_form = request.method == "POST" and not isinstance(request.POST, NoVars)
        return cls(url, _fields_of(request) if url and is_form else None)

    @classmethod
    def from_query(cls, request: Request) -> Self:
        """Return the interrupted request that the query of this one names.

        The fields count only in a POST, which has a CSRF token: otherwise a link on another site
        could send a form that the user has not filled in.
        """
        url = safe_path(request.GET.get("next"))
        is_replay = request.method == "POST" and "replay" in request.GET
        return cls(url, _fields_of(request) if url and is_replay else None)

    @classmethod
    def from_sign_in(cls, form: Mapping[str, Any]) -> Self:
        """Return the request that the sign-in page keeps in its field `KEPT`, if it does.

        There its fields must not be mixed up with those of the sign-in.
        """
        next_path, kept = form.get("next"), form.get(KEPT)
        if not isinstance(next_path, str) or not isinstance(kept, str):
            return cls(None)
        url = safe_path(next_path)
        return cls(url, _decode(kept) if url else None)

    @property
    def kept(self) -> str | None:
        """The form as one text, for the field `KEPT`; None without a form, or if it is too long."""
        if self.fields is None:
            return None
        text = json.dumps(self.fields, ensure_ascii=False)
        kept = base64.urlsafe_b64encode(text.encode()).decode("ascii")
        return kept if len(kept) <= MAX_KEPT else None

    def url_for(self, path: str) -> str:
        """Return the URL of a page that passes the interrupted request on."""
        query = {} if self.url is None else {"next": self.url}
        if self.fields is not None:
            query["replay"] = "1"
        return f"{path}?{urlencode(query)}" if query else path

    def resume(self, headers: Iterable[tuple[str, str]], *, otherwise: str) -> Response:
        """Return the redirect that repeats the request, with its form if there was one."""
        if self.url is None or self.fields is None:
            return redirect(self.url or otherwise, headers)
        return redirect_repeat_post(self.url, headers)

    def resume_after(self, sign_in: Response, page: str) -> Response:
        """Let the redirect of a completed sign-in send its form again, to the page of a kept form.

        That must be a page of authsite, since the browser sends email and password.
        """
        if self.fields is not None and sign_in.headers.get("Location") == self.url:
            sign_in.status_int = HTTPStatus.TEMPORARY_REDIRECT
            sign_in.headers["Location"] = page
        return sign_in


def _fields_of(request: Request) -> Fields:
    """Return the fields of the form, except files."""
    return _without_secrets(
        (name, value) for name, value in request.POST.items() if isinstance(value, str)
    )


def _without_secrets(fields: Iterable[tuple[str, str]]) -> Fields:
    """Leave out passwords, which no page shows again, and the token: each page has its own."""
    return tuple(
        (name, value)
        for name, value in fields
        if name != "csrf_token" and "password" not in name.lower()
    )


def _decode(kept: str) -> Fields | None:
    """Return the fields that a text keeps; None if the sign-in page has not written it."""
    if len(kept) > MAX_KEPT:
        return None
    try:
        fields = json.loads(base64.b64decode(kept, altchars=b"-_", validate=True))
        json.dumps(fields, ensure_ascii=False).encode()  # raises an error for half of a character
    except (ValueError, RecursionError):
        return None
    is_form = isinstance(fields, list) and len(fields) <= MAX_FIELDS and all(map(_is_field, fields))
    return _without_secrets(fields) if is_form else None


def _is_field(field: Any) -> bool:
    match field:
        case [str(), str()]:
            return True
    return False
